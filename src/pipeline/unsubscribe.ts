/**
 * The link that stops mails of one kind (RFC 8058): signed, made of the grant and the kind, and good for as long as anybody
 * keeps the mail. It stops mails to the address that the mail went to; the reward stays where it is.
 */
import { type MessageKind, noticeKinds } from "../channels/channel.ts";
import type { Sql } from "../db/sql.ts";
import { addressDigest } from "../people/address-digest.ts";
import type { Corridor } from "./corridor.ts";
import { type GrantView, languageOf, loadGrant } from "./grant-view.ts";
import { noteConsent } from "./note-consent.ts";
import { refusedBy } from "./notify-channel.ts";
import { isUuid } from "./uuid-of.ts";

const PURPOSE = "unsubscribe";

export const unsubscribeLink = ({ sealer, publicUrl }: Corridor, grantId: string, kind: MessageKind): string => {
  const text = `${Buffer.from(grantId.replaceAll("-", ""), "hex").toString("base64url")}.${kind}`;
  return `${publicUrl}/u/${text}.${sealer.sign(text, PURPOSE)}`;
};

interface Meant {
  grant: GrantView;
  kind: MessageKind;
  digest: string;
}

/** What somebody sees who opens such a link; undefined where we did not make it. */
export interface Unsubscribable {
  language: string;
  workspaceName: string;
  kind: MessageKind;
  /** No mails of this kind are sent already. */
  stopped: boolean;
}

/** Looks, and changes nothing: scanners of links open them too. */
export const viewUnsubscribe = async (corridor: Corridor, token: string): Promise<Unsubscribable | undefined> => {
  const meant = await meantBy(corridor, corridor.database, token);
  if (!meant) return undefined;
  const refused = await refusedBy(corridor, corridor.database, meant.grant, ["email"], meant.kind);
  return {
    language: languageOf(corridor, meant.grant.recipient),
    workspaceName: corridor.workspace.name,
    kind: meant.kind,
    stopped: refused.get("email")?.by === "person",
  };
};

/** `kind`: no more mails of the link's kind; `all`: none at all; `again`: it was a mistake. Doing it twice is the same. */
export const unsubscribe = async (
  corridor: Corridor,
  token: string,
  what: "kind" | "all" | "again",
): Promise<Unsubscribable | undefined> => {
  const at = corridor.now();
  const done = await corridor.database.transaction(async (tx) => {
    const meant = await meantBy(corridor, tx, token);
    if (!meant) return false;
    const { digest, kind, grant } = meant;
    const again = what === "again";
    await noteConsent(
      corridor,
      tx,
      {
        who: { digest },
        channel: "email",
        category: what === "kind" ? kind : "all",
        status: again ? "in" : "out",
        source: again ? "page" : "one-click",
        evidence: `link of grant ${grant.id}`,
        at,
      },
      grant.recipient.id,
    );
    return true;
  });
  return done ? viewUnsubscribe(corridor, token) : undefined;
};

const meantBy = async (corridor: Corridor, sql: Sql, token: string): Promise<Meant | undefined> => {
  const match = /^(([\w-]{22})\.([a-z]{1,20}))\.([\w-]{20,90})$/.exec(token);
  if (!match) return undefined;
  const [, text = "", id = "", kind = "", signature = ""] = match;
  if (!corridor.sealer.signed(text, signature, PURPOSE) || !isKind(kind)) return undefined;
  const hex = Buffer.from(id, "base64url").toString("hex");
  const grantId = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  const grant = isUuid(grantId) ? await loadGrant(sql, grantId) : undefined;
  if (!grant) return undefined;
  const sent = await sql.row<{ address_digest: string }>(
    `select address_digest from messages where grant_id = $1 and kind = $2 and channel = 'email' and address_digest is not null
     order by created_at desc limit 1`,
    [grantId, kind],
  );
  const { email } = grant.recipient;
  const digest = sent?.address_digest ?? (email === null ? undefined : addressDigest(corridor.sealer, email));
  return digest === undefined ? undefined : { grant, kind, digest };
};

const isKind = (text: string): text is MessageKind => text === "reward" || noticeKinds.some((kind) => kind === text);
