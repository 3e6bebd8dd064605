/** What the accounts of the ledger stand for, as conditions on `ledger_accounts a`. */

/** Promised, and not yet ordered. */
export const RESERVED = "a.code = 'reserved'";

/** Supplied to a recipient: what was spent, less what was taken back. */
export const SUPPLIED = "(a.code in ('issued', 'redeemed', 'expired') or a.code like 'points:%')";
