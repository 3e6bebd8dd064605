/** What a recipient's own page needs from the rest of the house; every part takes the token of the link. */

import type { PersonExport } from "../pipeline/export-person.ts";
import type { WantedSettings } from "../pipeline/keep-settings.ts";
import type { PersonPage } from "../pipeline/person-page.ts";
import type { DeviceKept, PushDevice } from "../pipeline/push-devices.ts";
import type { Redeemed } from "../pipeline/redeem.ts";

export interface PersonParts {
  view(token: string): Promise<PersonPage | undefined>;
  /** Behind a link of ours that was good until its time was over: what to say of it. */
  ended(token: string): Promise<{ language: string; workspaceName: string } | undefined>;
  /** Sends the link to the person's own page to an address of theirs; takes the token of a reward's page, too. False for none of ours. */
  askForPage(token: string): Promise<boolean>;
  redeem(token: string, wish: { offer: string; key: string }): Promise<Redeemed>;
  keep(token: string, wanted: WantedSettings): Promise<boolean>;
  addDevice(token: string, device: PushDevice): Promise<DeviceKept>;
  forgetDevices(token: string): Promise<boolean>;
  data(token: string): Promise<PersonExport | undefined>;
  erase(token: string): Promise<boolean>;
  /** With which browsers subscribe; absent where no channel sends notifications. */
  pushKey?: string;
}
