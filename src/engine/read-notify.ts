import type { ChannelName } from "../channels/channel.ts";
import { inWords } from "../yaml/problem.ts";
import type { Spot } from "../yaml/yaml-source.ts";
import { didYouMean } from "./close-match.ts";
import { channelNames } from "./shapes.ts";

/** Channels in order of preference; `[email]` where none is given, undefined where something is wrong with them. */
export const readNotify = (spot: Spot, given: string | unknown[] | undefined): ChannelName[] | undefined => {
  if (given === undefined) return ["email"];
  const spots = Array.isArray(given) ? given.map((_, index) => spot.child(index)) : [spot];
  const names: ChannelName[] = [];
  for (const item of spots) {
    const name = channelNames.find((channel) => channel === item.value);
    if (!name) {
      const near = typeof item.value === "string" ? didYouMean(item.value, channelNames) : "";
      item.problem(inWords(item.value), `a channel: ${channelNames.join(", ")}${near}`);
    } else if (names.includes(name)) item.problem(`\`${name}\` again`, "each channel once");
    else names.push(name);
  }
  return names.length === spots.length ? names : undefined;
};
