/** Accounts of the stored set that a new prospect may be already: by name at the same address, or by name nearby. */
import { metresBetween } from "./reorder.js";

const NEAR_METRES = 150;
const COMPANY = /\b(inc|llc|ltd|co|corp|corporation|company|gmbh|kg|ag|sa)\b|주식회사|유한회사|\(주\)|㈜|\(유\)/gu;

/** A name as it is compared: no case, accents, signs or legal form. */
const nameKey = (name) =>
  (name ?? "").normalize("NFKD").replace(/\p{M}/gu, "").normalize("NFC").toLowerCase().replace(COMPANY, " ").replace(/[^\p{L}\p{N}]+/gu, "");

const plain = (text) => (text ?? "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");

const begins = (a, b) => a.length > 3 && b.length > 3 && (a.startsWith(b) || b.startsWith(a));

/** The accounts that may be the same, the likeliest first, each with `why`: "address", "near" or "name", and `metres`. */
export function twins(accounts, asked) {
  const key = nameKey(asked.name);
  if (!key) return [];
  const found = [];
  for (const account of accounts) {
    const other = nameKey(account.name);
    const isSame = other === key;
    if (!isSame && !begins(other, key)) continue;
    const metres = asked.lon != null && account.lon != null ? metresBetween(asked, account) : null;
    const isThere = Boolean(plain(asked.street)) && plain(asked.street) === plain(account.street) && (!asked.postcode || !account.postcode || plain(asked.postcode) === plain(account.postcode));
    if (isThere) found.push({ account, why: "address", metres });
    else if (metres !== null && metres <= NEAR_METRES) found.push({ account, why: "near", metres });
    else if (isSame && metres === null) found.push({ account, why: "name", metres });
  }
  return found.sort((a, b) => (a.why === "address" ? -1 : 0) - (b.why === "address" ? -1 : 0) || (a.metres ?? Infinity) - (b.metres ?? Infinity));
}
