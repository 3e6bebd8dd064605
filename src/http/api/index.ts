/** The routes of the admin API. To add a resource: a file beside this one, and its line here. */
import { approvalRoutes } from "./approvals.ts";
import { costRoutes } from "./costs.ts";
import { debtRoutes } from "./debts.ts";
import { explainRoutes } from "./explain.ts";
import { grantRoutes } from "./grants.ts";
import { meRoutes } from "./me.ts";
import { metricRoutes } from "./metrics.ts";
import { moneyRoutes } from "./money.ts";
import { orderRoutes } from "./orders.ts";
import { pauseRoutes } from "./pauses.ts";
import { peopleRoutes } from "./people.ts";
import { consentRoutes } from "./people-consents.ts";
import { peopleImportRoutes } from "./people-import.ts";
import type { Route } from "./route.ts";
import { ruleRoutes } from "./rules.ts";
import { taskRoutes } from "./tasks.ts";
import { webhookRoutes } from "./webhooks.ts";

export const routes: readonly Route[] = [
  ...meRoutes,
  ...approvalRoutes,
  ...grantRoutes,
  ...orderRoutes,
  ...explainRoutes,
  ...peopleRoutes,
  ...peopleImportRoutes,
  ...consentRoutes,
  ...ruleRoutes,
  ...pauseRoutes,
  ...moneyRoutes,
  ...debtRoutes,
  ...taskRoutes,
  ...metricRoutes,
  ...costRoutes,
  ...webhookRoutes,
];
