import { defineConnector, type Verified } from "../connector.ts";
import { unpackCallout } from "./callout.ts";
import { check } from "./check.ts";
import { unpackOutboundMessage } from "./outbound-message.ts";
import { openReader } from "./reader.ts";
import { setUp } from "./set-up.ts";
import { SalesforceSettings } from "./settings.ts";
import { verify } from "./verify.ts";
import { openWriter } from "./write-back.ts";

/** One Ack for the whole message; anything else is sent again for 24 hours (Salesforce API guide, Outbound Messaging). */
const acknowledged =
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>';

const answer = (delivery: Verified) =>
  delivery.format === "outbound-message"
    ? { status: 200, contentType: "text/xml; charset=utf-8", body: acknowledged }
    : { status: 202, contentType: "text/plain", body: "" };

export const salesforce = defineConnector({
  id: "salesforce",
  label: "Salesforce",
  settings: SalesforceSettings,
  secrets: ["secretPath", "calloutSecret", "api.clientSecret", "api.privateKey"],
  verify,
  answer,
  unpack: (delivery, settings) =>
    delivery.format === "callout" ? unpackCallout(delivery, settings) : unpackOutboundMessage(delivery, settings),
  reader: openReader,
  writer: openWriter,
  check,
  setUp,
});
