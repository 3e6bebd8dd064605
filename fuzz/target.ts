/** Something that reads what others wrote. */
export interface Target {
  name: string;
  /** Good inputs, of which bad ones are made. */
  samples: readonly Buffer[];
  /** Which of the changes to structure make sense here, beside those to bytes. */
  shape: "json" | "xml" | "yaml" | "words" | "lines" | "bytes";
  /** Reads it. Throws where that is no expected refusal, or what came out cannot be right. */
  read(input: Buffer): void | Promise<void>;
}
