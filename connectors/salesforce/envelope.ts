import { XMLParser, XMLValidator } from "fast-xml-parser";

/** Null: sent as `xsi:nil` or empty, so the field is known to be cleared. */
export type XmlFields = ReadonlyMap<string, string | null>;

export interface Notification {
  /** Salesforce's own id of this notification, the same on every retry; null where it was missing. */
  id: string | null;
  /** Local name of `xsi:type`: `Opportunity`; null where it was missing. */
  type: string | null;
  fields: XmlFields;
}

export interface Envelope {
  organizationId: string;
  /** Whether a session id came with it, which may not be stored. */
  carriesSession: boolean;
  notifications: Notification[];
}

/** The WSDL allows 100 in one message (Salesforce API guide, "Understanding Outbound Messaging"). */
const mostNotifications = 100;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // without it `&#39;` stays as it is; own entities cannot be declared, because a DTD is refused before
  htmlEntities: true,
  maxNestedTags: 12,
  // nobody asks for the path of an element, and building it doubles the time
  jPath: false,
});

/** A hundred notifications of two hundred fields have a seventh of this. What reading costs grows with it. */
const mostMarks = 400_000;

/** Tags, entities, attributes and lines: what takes time to read. */
const hasTooManyMarks = (xml: string): boolean => {
  if (xml.length <= mostMarks) return false;
  let marks = 0;
  for (let at = 0; at < xml.length; at++) {
    const code = xml.charCodeAt(at);
    if (code === 0x3c || code === 0x3e || code === 0x26 || code === 0x3d || code === 0x0a) marks++;
  }
  return marks > mostMarks;
};

/** Reads an Outbound Message, whatever its prefixes. Says in one line what else it is. Never throws. */
export const readEnvelope = (xml: string): Envelope | { problem: string } => {
  if (hasTooManyMarks(xml)) return { problem: "more tags than an Outbound Message has" };
  if (/<(?!!)[^<>]{65536}/.test(xml)) return { problem: "a tag without an end" };
  if (/<!(?!--|\[CDATA\[)/.test(xml)) return { problem: "a document type declaration" };
  if (XMLValidator.validate(xml) !== true) return { problem: "not well-formed XML" };
  try {
    return envelopeOf(parser.parse(xml.replace(/^\uFEFF/, "")));
  } catch {
    return { problem: "XML nested too deep, or with reserved names" };
  }
};

const envelopeOf = (document: unknown): Envelope | { problem: string } => {
  const message = child(child(child(document, "Envelope"), "Body"), "notifications");
  if (!isElement(message)) return { problem: "no Envelope/Body/notifications" };
  const organizationId = leaf(message.OrganizationId);
  if (!organizationId) return { problem: "no OrganizationId" };
  const found = message.Notification;
  const notifications = Array.isArray(found) ? found : found === undefined ? [] : [found];
  if (notifications.length === 0) return { problem: "no Notification" };
  if (notifications.length > mostNotifications) return { problem: `more than ${mostNotifications} notifications` };
  return {
    organizationId,
    carriesSession: message.SessionId !== undefined && leaf(message.SessionId) !== null,
    notifications: notifications.map(notificationOf),
  };
};

const notificationOf = (node: unknown): Notification => {
  const sObject = child(node, "sObject");
  if (!isElement(sObject)) return { id: leaf(child(node, "Id")) ?? null, type: null, fields: new Map() };
  const type = typeof sObject["@type"] === "string" ? localName(sObject["@type"]) : null;
  const fields = new Map<string, string | null>();
  for (const [name, value] of Object.entries(sObject)) {
    const text = leaf(value);
    if (!name.startsWith("@") && !name.startsWith("#") && text !== undefined) fields.set(name, text);
  }
  return { id: leaf(child(node, "Id")) ?? null, type: type || null, fields };
};

type Element = Readonly<Record<string, unknown>>;
const isElement = (node: unknown): node is Element => typeof node === "object" && node !== null && !Array.isArray(node);
const child = (node: unknown, name: string): unknown => (isElement(node) ? node[name] : undefined);
const localName = (name: string) => name.slice(name.indexOf(":") + 1);

/** The text of a leaf; null where it is nil or empty; undefined where it is absent, repeated or has elements inside. */
const leaf = (node: unknown): string | null | undefined => {
  if (typeof node === "string") return node === "" ? null : node;
  if (!isElement(node)) return undefined;
  if (node["@nil"] === "true" || node["@nil"] === "1") return null;
  if (Object.keys(node).some((name) => !name.startsWith("@") && name !== "#text")) return undefined;
  const text = node["#text"];
  return typeof text === "string" && text !== "" ? text : null;
};
