/** A sales history of any length over the same two years, for the same reps: what differs is only how much there is of it. */
import type { FactValue } from "../../src/events.ts";
import { historyOf, type RecordHistory } from "../../src/records/timeline.ts";

export const CONNECTION = "crm";
export const FIRST_DAY = "2024-10-01";
const DAYS = 730;
const REPS = 50;
const TEAMS = 5;
const DEALS_PER_COMPANY = 5;
const STAGES = ["lead", "proposal", "contract"];
const DAY_MS = 86_400_000;

/** The same number between 0 and 1 for the same deal and question. */
const chance = (deal: number, question: number): number => {
  let bits = Math.imul(deal + 1, 0x9e3779b1) ^ Math.imul(question + 1, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39);
  return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
};

export const repOf = (deal: number): string => `rep-${deal % REPS}`;
export const teamOf = (rep: string): string => `team-${Number(rep.slice(4)) % TEAMS}`;
export const reps = Array.from({ length: REPS }, (_, index) => `rep-${index}`);
export const companyOf = (deal: number): string => `company-${Math.floor(deal / DEALS_PER_COMPANY)}`;

/** One deal in twenty is still open; of the others one in three was won. */
export const isOpen = (deal: number): boolean => deal % 20 === 7;

/** The whole history of a deal; `wonAt`: with the event that is measured. */
export const dealHistory = (deal: number, wonAt?: string): RecordHistory => {
  const open = isOpen(deal);
  const day = open ? DAYS - 2 - Math.floor(chance(deal, 1) * 20) : Math.floor(chance(deal, 1) * (DAYS - 25));
  const start = Date.parse(`${FIRST_DAY}T06:00:00Z`) + day * DAY_MS + Math.floor(chance(deal, 2) * 12) * 3_600_000;
  const facts: { field: string; value: FactValue; at: string }[] = [];
  const tell = (ms: number, field: string, value: FactValue) =>
    facts.push({ field, value, at: new Date(ms).toISOString() });
  tell(start, "exists", true);
  tell(start, "created_at", new Date(start).toISOString());
  tell(start, "name", `Deal ${deal}`);
  tell(start, "amount", 1_000 + Math.floor(chance(deal, 3) * 90_000));
  tell(start, "owner", repOf(deal));
  tell(start, "company", companyOf(deal));
  tell(start, "type", chance(deal, 4) < 0.5 ? "seats" : "audit");
  tell(start, "status", "open");
  let ms = start;
  for (const [index, stage] of STAGES.entries()) {
    if (index > 0) ms += Math.floor((1 + chance(deal, 5 + index) * 5) * DAY_MS);
    if (!open || index === 0) tell(ms, "stage", stage);
  }
  const end = ms + Math.floor((1 + chance(deal, 9) * 5) * DAY_MS);
  if (!open) tell(end, "status", chance(deal, 10) < 1 / 3 ? "won" : "lost");
  if (wonAt) tell(Date.parse(wonAt), "status", "won");
  return historyOf(CONNECTION, "deal", String(deal), facts);
};
