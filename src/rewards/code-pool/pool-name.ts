import { z } from "zod";

/** How a pool is called in rules and on the command line: `welcome`, `amazon-it-50`. */
export const poolName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "Expected a pool name of small letters, digits, - and _, such as amazon-it-50");
