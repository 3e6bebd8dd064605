/** JSON as a vendor posted it; undefined where it is none. */
export const readJson = (body: Buffer | string): unknown => {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
};
