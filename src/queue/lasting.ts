/**
 * BullMQ remembers a failed start for ever: a queue or worker whose first connection broke rejects everything from then
 * on. So one that could not start is thrown away and made anew, until it could.
 */
export interface Lasting<T> {
  current(): T;
  close(): Promise<void>;
}

const AGAIN_MS = 500;

interface Startable {
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

export const lasting = <T extends Startable>(make: () => T): Lasting<T> => {
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    const made = make();
    made.waitUntilReady().catch(() => {
      if (closed) return;
      timer = setTimeout(() => {
        void made.close().catch(() => {});
        current = start();
      }, AGAIN_MS);
    });
    return made;
  };
  let current = start();
  return {
    current: () => current,
    async close() {
      closed = true;
      clearTimeout(timer);
      await current.close();
    },
  };
};
