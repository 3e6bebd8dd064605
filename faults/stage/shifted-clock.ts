/**
 * Loaded into a server before anything else (`--import`): its clock is off by as much as the campaign says, and stepped
 * while it runs. Timers keep the machine's time, as they do when an administrator sets a clock.
 */
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

process.on("message", (told) => {
  if (typeof told === "object" && told && "clockOffset" in told) offset = Number(told.clockOffset);
});
// a campaign that was ended leaves nobody behind
process.on("disconnect", () => process.exit(1));
// the channel to the campaign is no reason to go on living
process.channel?.unref();
