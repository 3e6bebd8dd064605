import type { Response } from "express";

/** Answers with one short line of text. */
export const plain = (response: Response, status: number, text: string): void => {
  response.status(status).set("Content-Type", "text/plain; charset=utf-8").end(`${text}\n`);
};
