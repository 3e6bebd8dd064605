/** A QR code of a claim link: never of a gift code, which a stranger's camera could take. */
import QRCode from "qrcode";
import type { Rendered } from "./channel.ts";

/** How a mail's layout names the picture. Mail programs do not show pictures that stand in the HTML itself. */
export const LINK_PICTURE = "claim-link";

/** A PNG, where the mail has a place for it; undefined elsewhere, and for a link that is longer than a QR code holds. */
export const linkPicture = async (rendered: Rendered): Promise<Buffer | undefined> => {
  if (rendered.channel !== "email" || rendered.link === undefined) return undefined;
  if (!rendered.html.includes(`cid:${LINK_PICTURE}`)) return undefined;
  // its white edge is part of it: without one, cameras do not find it on a dark page
  return QRCode.toBuffer(rendered.link, {
    type: "png",
    errorCorrectionLevel: "M",
    margin: 4,
    scale: 6,
    // a new one for each picture, since the package writes into it
    rendererOpts: { ...plainPng },
  }).catch(() => undefined);
};

/**
 * PNG's filter 0 and zlib's usual strategy: black squares need nothing else. Otherwise pngjs tries every filter on every
 * row, which costs more than the rest of a mail.
 */
const plainPng = { filterType: 0, deflateStrategy: 0 };
