/**
 * Decides what was told, by one rule book or by several: what does not depend on rules is written and read once, and each
 * book judges it. A live server has one book; a rehearsal compares two.
 */
import type { Sql } from "../db/sql.ts";
import type { RecordKey } from "../records/fact-rows.ts";
import { customersAround } from "./customer-view.ts";
import { type DueAgain, dueAgain } from "./decide-again.ts";
import { type Book, type Decided, decideBook } from "./decide-book.ts";
import { applyBrake } from "./decide-brake.ts";
import { forgetErased } from "./decide-erase.ts";
import { gather, gatherAround, type News, type ToldEvent } from "./decide-gather.ts";
import { sumMetrics } from "./decide-metrics.ts";
import { refreshPeople } from "./decide-people.ts";
import { metricsDue } from "./metrics-due.ts";
import { together } from "./together.ts";

interface Extent {
  /** Whether what is due to be judged again is judged as well. */
  again: boolean;
  /** Whether metrics that no rule in force listens to are summed up as well. Of a rehearsal nobody will ask for them. */
  sums: boolean;
  /** What was gathered of these events already. */
  ahead?: News | undefined;
  /**
   * Called when the books begin: until they are done nobody reads or writes what they share. Not called where one listens to
   * a metric, since what a metric rests on is read then.
   */
  meanwhile?: ((news: News) => void) | undefined;
}

/**
 * In the caller's transaction, which holds the deciding lock, or works on rows that nobody else sees. The first book's
 * statements reach the rows that all books share. Returns what each book decided, in their order.
 */
export const decideTold = async (
  books: readonly [Book, ...Book[]],
  events: readonly ToldEvent[],
  extent: Extent,
): Promise<[Decided, ...Decided[]]> => {
  const [{ corridor, tx }] = books;
  const again = await together(books, async (book) => (extent.again ? dueAgain(book.tx) : NOTHING));
  const due = extent.again ? await metricsDue(tx) : [];
  const taken = again.map(({ records, metrics }) => events.length + due.length + records.length + metrics.length);
  if (taken.every((count) => count === 0)) return together(books, async () => ({ events: 0, granted: [] }));

  const news = await newsOf(
    tx,
    events,
    again.flatMap(({ records }) => records),
    extent.ahead,
  );
  await together(books, (book) => refreshPeople(book.tx, news.changed, corridor.workspace));
  const listened = books.some((book) => book.corridor.rules.current().matcher.listens("metric.changed"));
  const moments = await together(books, (book) => lastNews(book.tx, events));
  const cells = await sumMetrics(tx, corridor.workspace, {
    ...news,
    due,
    decidedAt: moments[0],
    sums: extent.sums || listened,
  });
  const customers = await customersAround(tx, news.histories.values(), corridor.workspace);
  if (!listened) extent.meanwhile?.(news);
  return together(books, async (book, index) => {
    const [count = 0, own = NOTHING, decidedAt = moments[0]] = [taken[index], again[index], moments[index]];
    // another book has something to judge again, and this one has not
    if (count === 0) return { events: 0, granted: [] };
    const granted = await decideBook(book, { ...news, cells, customers, decidedAt }, own);
    await forgetErased(book.corridor, book.tx, news.changed, decidedAt);
    await applyBrake(book.corridor, book.tx, decidedAt);
    return { events: count, granted };
  });
};

/** What was gathered ahead knows nothing of what has come to be judged again since. */
const newsOf = async (
  tx: Sql,
  events: readonly ToldEvent[],
  again: readonly RecordKey[],
  ahead: News | undefined,
): Promise<News> => {
  if (!ahead) return gather(tx, events, again);
  return again.length === 0 ? ahead : gatherAround(tx, ahead.fresh, again);
};

/**
 * When the newest of the events was received. What is judged again without news is judged as of the last news that there was,
 * which may be the end of a window: of one that this book listens to.
 */
const lastNews = async (tx: Sql, events: readonly ToldEvent[]): Promise<Date> => {
  if (events.length > 0) return new Date(Math.max(...events.map(({ receivedAt }) => receivedAt.getTime())));
  const last = await tx.row<{ at: Date | null }>(
    `select greatest((select received_at from events order by id desc limit 1),
       (select max(noticed_at) from window_turns where state = 'judged')) as at`,
  );
  return last?.at ?? new Date(0);
};

const NOTHING: DueAgain = { records: [], metrics: [] };
