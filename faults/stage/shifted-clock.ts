/**
 * Loaded into a server before anything else (`--import`): its clock is off by as much as the campaign says, and stepped
 * while it runs. Timers keep the machine's time, as they do when an administrator sets a clock.
 */
import path from "node:path";

const Real = Date;
let offset = Number(process.env.FAULTS_CLOCK_OFFSET ?? 0);
const now = () => Real.now() + offset;

const Shifted: DateConstructor = new Proxy(Real, {
  construct: (target, given, as) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, as === Shifted ? target : as),
  apply: () => new Real(now()).toString(),
  get: (target, key) => (key === "now" ? now : Reflect.get(target, key)),
});
Real.prototype.constructor = Shifted;
globalThis.Date = Shifted;

// what the server forks is loaded with this as well, and has a channel of its own to it
if (path.basename(process.argv[1] ?? "") === "accolade.js") {
  process.on("message", (told) => {
    if (typeof told === "object" && told && "clockOffset" in told) offset = Number(told.clockOffset);
  });
  // a campaign that was ended leaves nobody behind
  process.on("disconnect", () => process.exit(1));
  // the channel to the campaign is no reason to go on living
  process.channel?.unref();
}
