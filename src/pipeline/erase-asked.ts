import { findPerson } from "../people/find-person.ts";
import type { Corridor } from "./corridor.ts";
import { takeDecidingLock } from "./decide-lock.ts";
import { erasePeople } from "./erase-person.ts";

/** Forgets one person, as they or an admin for them asked. `recipientId`: theirs. */
export const eraseAsked = (corridor: Corridor, recipientId: string): Promise<void> =>
  corridor.database.transaction(async (tx) => {
    await takeDecidingLock(tx);
    await erasePeople(corridor, tx, { recipientIds: [recipientId], records: [] }, corridor.now());
    corridor.log.step("erased", { recipient: recipientId });
  });

export type Erased = { ok: true; recipient: string } | { ok: false; problem: string };

/** The same by whatever an admin names them. */
export const eraseNamed = async (corridor: Corridor, asked: string): Promise<Erased> => {
  const found = await findPerson(corridor.database, asked);
  if (!found.ok) return found;
  await eraseAsked(corridor, found.person.id);
  return { ok: true, recipient: found.person.id };
};
