/** The routes of the admin API. To add a resource: a file beside this one, and its line here. */
import { approvalRoutes } from "./approvals.ts";
import { grantRoutes } from "./grants.ts";
import { meRoutes } from "./me.ts";
import type { Route } from "./route.ts";

export const routes: readonly Route[] = [...meRoutes, ...approvalRoutes, ...grantRoutes];
