import { z } from "zod";
import { userRoles } from "../../users.ts";
import { defineRoute } from "./route.ts";

const Me = z.object({
  email: z.string(),
  name: z.string(),
  roles: z.array(z.enum(userRoles)),
  groups: z.array(z.string()).describe("In whose approvals they decide"),
});

export const meRoutes = [
  defineRoute({
    method: "get",
    path: "/me",
    summary: "Who the token belongs to",
    roles: userRoles,
    answer: Me,
    handle: async ({ user }) => ({
      answer: { email: user.email, name: user.name, roles: [...user.roles], groups: [...user.groups] },
    }),
  }),
];
