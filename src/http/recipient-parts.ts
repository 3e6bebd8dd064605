/** What the pages of recipients show and take, from the corridor. */
import { revealClaim, viewClaim } from "../pipeline/claim.ts";
import type { Corridor } from "../pipeline/corridor.ts";
import { raiseDispute } from "../pipeline/disputes.ts";
import { eraseAsked } from "../pipeline/erase-asked.ts";
import { exportPerson } from "../pipeline/export-person.ts";
import { keepSettings } from "../pipeline/keep-settings.ts";
import { askForPage } from "../pipeline/page-link.ts";
import { endedPerson, personBehind, viewPerson } from "../pipeline/person-page.ts";
import { addDevice, forgetDevices } from "../pipeline/push-devices.ts";
import { redeem } from "../pipeline/redeem.ts";
import type { HttpParts } from "./parts.ts";

/** `pushKey`: the public VAPID key, where a channel sends notifications. */
export const recipientParts = (
  corridor: Corridor,
  pushKey?: string,
): Pick<HttpParts, "claim" | "reveal" | "dispute" | "person"> => {
  const idBehind = async (token: string) => (await personBehind(corridor, token))?.recipient.id;
  return {
    claim: (token) => viewClaim(corridor, token),
    reveal: (token) => revealClaim(corridor, token),
    dispute: (token, complaint) => raiseDispute(corridor, token, complaint),
    person: {
      view: (token) => viewPerson(corridor, token),
      ended: (token) => endedPerson(corridor, token),
      askForPage: (token) => askForPage(corridor, token),
      async redeem(token, wish) {
        const id = await idBehind(token);
        return id === undefined ? { ok: false, why: "not_found" } : redeem(corridor, id, wish);
      },
      keep: (token, wanted) => keepSettings(corridor, token, wanted),
      addDevice: (token, device) => addDevice(corridor, token, device),
      forgetDevices: (token) => forgetDevices(corridor, token),
      async data(token) {
        const id = await idBehind(token);
        return id === undefined ? undefined : exportPerson(corridor, id);
      },
      async erase(token) {
        const id = await idBehind(token);
        if (id !== undefined) await eraseAsked(corridor, id);
        return id !== undefined;
      },
      ...(pushKey === undefined ? {} : { pushKey }),
    },
  };
};
