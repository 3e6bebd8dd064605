/**
 * Divides minor units by hundredths of a percent, largest remainder first: the shares add up to exactly
 * floor(total × sum of the shares). Of equal remainders the earlier share gets the unit.
 */
export const divideMinor = (total: number, basisPoints: readonly number[]): number[] => {
  // total × 10,000 can go beyond what a float holds exactly
  const exact = basisPoints.map((each) => BigInt(total) * BigInt(each));
  const shares = exact.map((each) => each / 10_000n);
  const all = exact.reduce((sum, each) => sum + each, 0n) / 10_000n;
  const left = Number(all - shares.reduce((sum, each) => sum + each, 0n));
  const remainder = (index: number) => Number((exact[index] ?? 0n) % 10_000n);
  const inOrder = [...basisPoints.keys()].sort((a, b) => remainder(b) - remainder(a) || a - b);
  const lucky = new Set(inOrder.slice(0, left));
  return shares.map((share, index) => Number(share) + (lucky.has(index) ? 1 : 0));
};
