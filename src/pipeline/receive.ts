/** `/receipts/{name}`: a channel's name or a provider's id. What stands behind it verifies the request; here it is only led there. */
import { channelNames } from "../channels/channel.ts";
import { isAway } from "../db/away.ts";
import type { MessageReceipt, ProviderReceipt, ReceiptRequest, Received } from "../receipt.ts";
import type { Corridor } from "./corridor.ts";
import { receiveFromSender } from "./receive-messages.ts";
import { receiveFromProvider } from "./receive-provider.ts";

export type ReceivedThere =
  | Received<MessageReceipt | ProviderReceipt>
  /** The database cannot be written now: the vendor is asked to send it again. */
  | { away: true };

/** Whether anybody of this name hears receipts: anything else is refused before its body is read. */
export const hasReceiver = (
  { channels, providers }: Pick<Corridor, "channels" | "providers">,
  name: string,
): boolean => {
  const channel = channelNames.find((each) => each === name);
  const open = channel === undefined ? providers.get(name)?.provider : channels.get(channel);
  return open?.receive !== undefined;
};

/** Answers once everything that was told is committed. */
export const receive = async (corridor: Corridor, name: string, request: ReceiptRequest): Promise<ReceivedThere> => {
  const received = await heardBy(corridor, name, request).catch((error: unknown) => {
    if (!isAway(error)) throw error;
    corridor.log.seldom(`receipt ${name} away`, "receipt put off", { from: name, error });
    return { away: true } as const;
  });
  if ("away" in received) return received;
  if ("refused" in received) {
    corridor.telemetry.receipt(name, received.reason);
    corridor.log.seldom(`receipt ${name} ${received.reason}`, "receipt refused", {
      from: name,
      reason: received.reason,
      status: received.refused,
    });
    return received;
  }
  corridor.telemetry.receipt(name, "accepted", received.receipts.length);
  return received;
};

const heardBy = async (corridor: Corridor, name: string, request: ReceiptRequest): Promise<ReceivedThere> => {
  const channel = channelNames.find((each) => each === name);
  if (channel === undefined) return receiveFromProvider(corridor, name, request);
  const open = corridor.channels.get(channel);
  return open ? receiveFromSender(corridor, open, request) : { refused: 404, reason: "unknown_sender" };
};
