/** Every fault, in the order in which a campaign takes its turns. To add one: its file, and its line here. */
import type { Fault } from "../fault.ts";
import { clockSteps } from "./clock-steps.ts";
import { cutConnections } from "./cut-connections.ts";
import { diskFull } from "./disk-full.ts";
import { firstStart } from "./first-start.ts";
import { frozen } from "./frozen.ts";
import { kill } from "./kill.ts";
import { killInTrouble } from "./kill-in-trouble.ts";
import { postgresRestart } from "./postgres-restart.ts";
import { receipts } from "./receipts.ts";
import { redisGone } from "./redis-gone.ts";
import { roles } from "./roles.ts";
import { sameFolder } from "./same-folder.ts";
import { twoRules } from "./two-rules.ts";
import { vendors } from "./vendors.ts";

export const faults: readonly Fault[] = [
  kill,
  vendors,
  killInTrouble,
  receipts,
  frozen,
  postgresRestart,
  cutConnections,
  redisGone,
  clockSteps,
  twoRules,
  roles,
  sameFolder,
  firstStart,
  diskFull,
];
