/**
 * The contract of a fault. To add one: a file in `kinds/`, and a line in `kinds/index.ts`. All chance comes from the
 * stage's `random`, so that a seed strikes the same way again, as far as two machines ever do.
 */
import type { Stage } from "./stage/stage.ts";

/** What must stand on the stage beside one server, a PostgreSQL that all runs share, and the vendors. */
export interface Needs {
  /**
   * `own`: one for this run only, which may be restarted. `gate`: behind a door that can cut connections. `empty`: a database
   * without a schema. `folder`: none is given, so the servers run their own in their data folder. `small`: on a disk of its
   * own that can be filled. Default: a migrated database in the shared one.
   */
  postgres?: "own" | "gate" | "empty" | "folder" | "small";
  /** The queue lives in a Redis of this run. Default: in PostgreSQL. */
  redis?: true;
  /** What each server does; default one that does everything. */
  servers?: readonly string[];
  /** The fault starts the servers itself. */
  cold?: true;
}

export interface Fault {
  /** As in `--only kill`. */
  id: string;
  /** What breaks, in a few words. */
  breaks: string;
  needs: Needs;
  /** Why it cannot be had on this machine; undefined where it can. */
  missing?(): Promise<string | undefined>;
  /** Breaks things while deals come in, and ends with everything mended and every server running. */
  strike(stage: Stage): Promise<void>;
}
