import type { Sql } from "../db/sql.ts";
import { formatMoney } from "../money.ts";
import type { Corridor } from "./corridor.ts";
import { loadGrant, titleIn, titlesOf } from "./grant-view.ts";

type Happened = "issued" | "reversed" | "restored";
interface Words {
  title: Record<Happened, string>;
  text: (said: { who: string; value: string; reward: string; rule: string; grant: string }) => Record<Happened, string>;
  somebody: string;
}

/** In the language of the workspace: a note is read by colleagues, not by the recipient. */
const words: Readonly<Record<string, Words>> = {
  en: {
    title: { issued: "Reward given", reversed: "Reward taken back", restored: "Reward due again" },
    text: ({ who, value, reward, rule, grant }) => ({
      issued: `${who} got ${value} (${reward}) by the rule “${rule}”. Grant ${grant}.`,
      reversed: `${value} (${reward}) for ${who} by the rule “${rule}” is no longer due. Grant ${grant}.`,
      restored: `${value} (${reward}) for ${who} by the rule “${rule}” is due again. Grant ${grant}.`,
    }),
    somebody: "Somebody who was forgotten since",
  },
  it: {
    title: { issued: "Premio assegnato", reversed: "Premio ritirato", restored: "Premio di nuovo dovuto" },
    text: ({ who, value, reward, rule, grant }) => ({
      issued: `${who} ha ricevuto ${value} (${reward}) per la regola “${rule}”. Assegnazione ${grant}.`,
      reversed: `${value} (${reward}) per ${who}, regola “${rule}”: non è più dovuto. Assegnazione ${grant}.`,
      restored: `${value} (${reward}) per ${who}, regola “${rule}”: è di nuovo dovuto. Assegnazione ${grant}.`,
    }),
    somebody: "Una persona che nel frattempo è stata dimenticata",
  },
};

/** What a note says of a grant. Without address, code or link. */
export const noteOf = async (
  corridor: Corridor,
  tx: Sql,
  grantId: string,
  happened: Happened,
): Promise<{ title: string; text: string }> => {
  const grant = await loadGrant(tx, grantId);
  if (!grant) throw new Error(`no grant ${grantId}`);
  const { language } = corridor.workspace;
  const said = words[language] ?? words.en;
  if (!said) throw new Error("no words");
  const titles = await titlesOf(corridor, tx, grant);
  const text = said.text({
    who: (grant.recipient.erased_at ? null : grant.recipient.name) ?? said.somebody,
    value: formatMoney(grant.value, language),
    reward: titles.reward ? titleIn(corridor, titles.reward, language) : grant.reward_id,
    rule: titleIn(corridor, titles.rule, language),
    grant: grant.id,
  });
  return { title: `${corridor.workspace.name}: ${said.title[happened]}`, text: text[happened] };
};
