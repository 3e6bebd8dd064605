/**
 * The doorbell. A job carries a row id and nothing else; the rows in PostgreSQL are the truth, and the sweeper rings again
 * for rows that wait too long. So a job may be lost, repeated or late without harm.
 */
export const jobNames = ["fulfil", "notify", "undo", "tell", "write"] as const;
export type JobName = (typeof jobNames)[number];

export interface Doorbell {
  /** Rings for these rows, after `delayMs` where given. Ringing twice for a row that waits is one job. Rejects when the queue is away. */
  ring(job: JobName, rowIds: readonly string[], delayMs?: number): Promise<void>;
  /** Starts answering. One handler per job; a handler that throws is logged and counted, and the row waits for the sweeper. */
  answer(job: JobName, handler: (rowId: string) => Promise<void>, concurrency: number): void;
  /** Whether the backend answers now: for /readyz and doctor. */
  reachable(): Promise<boolean>;
  /** Jobs waiting, by name: for /metrics. */
  waiting(): Promise<Record<JobName, number>>;
  /** Takes no more jobs, lets running ones finish (up to `graceMs`), gives the rest back, closes. */
  close(graceMs: number): Promise<void>;
}
