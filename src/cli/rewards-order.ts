import { Command } from "commander";
import { formatMoney } from "../money.ts";
import { Refusal } from "../open-corridor.ts";
import { type OrderView, viewOrder } from "../pipeline/order-view.ts";
import { tableText } from "./print-table.ts";
import { withCorridor } from "./with-corridor.ts";

/** `accolade rewards order`: everything known of the order of a grant, on one screen. */
export const orderCommand = (): Command =>
  new Command("order")
    .description("show everything known of the order of a reward: what was asked for, every call, what comes next")
    .argument("<grant>", "id of the grant, as `accolade rules explain` shows it")
    .option("--json", "the same as JSON")
    .action((grantId: string, { json }: { json?: true }) =>
      withCorridor(async ({ corridor }) => {
        const view = isId(grantId) ? await viewOrder(corridor, grantId) : undefined;
        if (!view) throw new Refusal([`${grantId}: found no such grant, expected the id of one`]);
        console.log(json ? JSON.stringify(view, null, 2) : orderLines(view).join("\n"));
      }),
    );

/** A grant's id, as far as its form goes. */
export const isId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

const orderLines = ({ grant, state, waiting, next, order, attempts, earlier, provider }: OrderView): string[] => [
  `Grant ${grant}: ${state}`,
  ...(waiting ? [`  ${waiting}`] : []),
  ...(next ? [`  ${next.what === "order" ? "Ordered again" : "The vendor is asked again"}: ${minute(next.at)}`] : []),
  "",
  ...(order
    ? [
        `Order at ${order.provider}${order.chosen ? `, since ${order.chosen}` : ""}`,
        `  value      ${formatMoney(order.value)}`,
        `  options    ${JSON.stringify(order.options)}`,
        `  title      ${order.title}`,
        `  key        ${order.key}`,
        `  reference  ${order.reference ?? "none yet"}`,
        `  frozen     ${minute(order.frozenAt)}`,
        ...(order.settledAt ? [`  supplied   ${minute(order.settledAt)}`] : []),
      ]
    : ["Nothing is ordered now."]),
  "",
  ...(attempts.length === 0
    ? ["Nobody was called yet."]
    : [
        tableText(
          ["when", "who", "what", "outcome", "said"],
          attempts.map(({ startedAt, target, what, outcome, code, detail, actor }) => [
            minute(startedAt),
            actor ?? target,
            what,
            outcome ?? "under way",
            [code, detail].filter((each) => each !== null).join(": "),
          ]),
        ),
      ]),
  ...earlier.flatMap(({ provider: id, key, reference, givenUp, takenBackAt }) => [
    "",
    `Earlier order at ${id}, key ${key}${reference ? `, reference ${reference}` : ""}: ${
      givenUp
        ? `given up (${givenUp.how}): ${givenUp.detail ?? ""}`
        : takenBackAt
          ? `taken back ${minute(takenBackAt)}`
          : "supplied"
    }`,
  ]),
  ...(provider.trouble
    ? [
        "",
        `${provider.id} is in trouble since ${minute(provider.since ?? "")} (${provider.trouble}): ${provider.detail ?? ""}`,
      ]
    : []),
  ...(provider.balance && provider.balanceAt
    ? [
        "",
        `${provider.id} had ${provider.balance.map((each) => formatMoney(each)).join(", ")} at ${minute(provider.balanceAt)}`,
      ]
    : []),
  ...(state === "unknown"
    ? [
        "",
        "Nobody knows whether it was ordered. It is asked for by itself; if it cannot be told, look for the key at the vendor, then:",
        `  accolade rewards settle ${grant} --ordered <reference>`,
        `  accolade rewards settle ${grant} --not-ordered`,
      ]
    : []),
];

const minute = (iso: string) => `${iso.slice(0, 16).replace("T", " ")} UTC`;
