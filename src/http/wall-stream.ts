/** Server-sent events for the walls that are open: one look at the rows each second serves them all. */
import type { Response } from "express";
import type { Log } from "../log.ts";
import type { WallMoment } from "../pipeline/wall.ts";
import type { Board } from "../pipeline/wall-board.ts";
import type { WallLink } from "../pipeline/wall-links.ts";

export interface WallSource {
  /** The number of the newest moment. */
  head(): Promise<number>;
  after(link: WallLink, range: { after: number; upTo: number }): Promise<{ moments: WallMoment[]; done: boolean }>;
  board(link: WallLink): Promise<Board | null>;
  /** Which of these links still work. */
  working(ids: readonly number[]): Promise<ReadonlySet<number>>;
}

interface Stream {
  link: WallLink;
  response: Response;
  after: number;
  board: string;
}

export interface WallStreams {
  /** Answers with the stream; false where there are too many already. `after`: the last number that the wall has seen. */
  open(link: WallLink, after: number, response: Response): boolean;
  close(): void;
}

const LOOK_EVERY_MS = 1_000;
/** In looks: a line that keeps proxies from thinking that the connection is dead, links that were revoked, scores. */
const HEARTBEAT = 15;
const MOST_STREAMS = 200;
/** A wall that does not read what it is sent is let go: it comes back and asks for what it missed. */
const MOST_UNREAD = 1_000_000;

const event = (name: string, data: unknown, id?: number) =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

export const createWallStreams = (source: WallSource, { version, log }: { version: string; log: Log }): WallStreams => {
  const streams = new Set<Stream>();
  let timer: NodeJS.Timeout | undefined;
  let looks = 0;
  let closed = false;

  const tell = async (stream: Stream, head: number, full: boolean) => {
    const { response, link } = stream;
    const before = stream.after;
    for (let done = stream.after >= head; !done; ) {
      const next = await source.after(link, { after: stream.after, upTo: head });
      for (const { seq, ...moment } of next.moments) response.write(event("moment", moment, seq));
      done = next.done;
      stream.after = done ? head : (next.moments.at(-1)?.seq ?? head);
    }
    if (full || stream.after !== before) {
      const board = await source.board(link);
      const text = JSON.stringify(board);
      if (board && text !== stream.board) response.write(event("board", board));
      stream.board = text;
    }
    if (response.writableLength > MOST_UNREAD) response.destroy();
  };

  const look = async () => {
    looks += 1;
    const full = looks % HEARTBEAT === 0;
    const open = [...streams];
    if (full) {
      for (const { response } of open) response.write(event("still", {}));
      const working = await source.working([...new Set(open.map(({ link }) => link.id))]);
      for (const { link, response } of open)
        if (!working.has(link.id)) {
          response.write(event("gone", {}));
          response.end();
        }
    }
    const head = await source.head();
    for (const stream of open) if (streams.has(stream)) await tell(stream, head, full);
  };
  const run = () => {
    timer = setTimeout(async () => {
      // what could not be read now is read by the next look: each wall knows how far it is
      await look().catch((error: unknown) => log.seldom("wall", "walls not told", { error }));
      timer = undefined;
      if (streams.size > 0 && !closed) run();
    }, LOOK_EVERY_MS);
  };

  return {
    open(link, after, response) {
      if (closed || streams.size >= MOST_STREAMS) return false;
      response.status(200).set({
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store, no-transform",
        // nginx would hold the lines back
        "X-Accel-Buffering": "no",
      });
      response.flushHeaders();
      response.write(`retry: 3000\n${event("hello", { version })}`);
      const stream: Stream = { link, response, after, board: "" };
      streams.add(stream);
      response.on("close", () => streams.delete(stream));
      if (!timer) run();
      return true;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      for (const { response } of streams) response.end();
      streams.clear();
    },
  };
};
