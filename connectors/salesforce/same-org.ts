/** The first 15 characters name the org; the other three only check them. */
export const sameOrg = (a: string, b: string): boolean => a.slice(0, 15) === b.slice(0, 15);
