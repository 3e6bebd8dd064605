import { userInfo } from "node:os";

/** Who runs this command, as this machine knows them; for rows that say who did something. */
export const whoRunsThis = (): string => {
  try {
    return userInfo().username;
  } catch {
    // a container may run as a number that has no name
    return "the command line";
  }
};
