/** Does the same for each at the same time. Waits for all also where one fails: nothing goes on behind the caller's back. */
export const together = async <Each, Result>(
  [first, ...rest]: readonly [Each, ...Each[]],
  work: (each: Each, index: number) => Promise<Result>,
): Promise<[Result, ...Result[]]> => {
  const one = work(first, 0);
  const others = rest.map((each, index) => work(each, index + 1));
  await Promise.allSettled([one, ...others]);
  return [await one, ...(await Promise.all(others))];
};
