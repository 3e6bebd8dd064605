import { defineConnector } from "../connector.ts";
import { check } from "./check.ts";
import { setUp } from "./guide.ts";
import { reader } from "./reader.ts";
import { Settings } from "./settings.ts";
import { unpack } from "./unpack.ts";
import { verify } from "./verify.ts";
import { writer } from "./write-back.ts";

/** HubSpot: app webhooks (classic and generic), the workflow action, and reads of the CRM API. */
export const hubspot = defineConnector<Settings>({
  id: "hubspot",
  label: "HubSpot",
  settings: Settings,
  secrets: ["clientSecret", "accessToken", "oauth.refreshToken"],
  verify,
  unpack,
  reader,
  writer,
  check,
  setUp,
});
