// Who lies near, reckoned on the phone from the stored accounts: straight lines, so whoever shows it says that it is an estimate. Pure.
import { metresBetween, secondsBetween } from "./reorder.js";

const MOST_SHOWN = 30;
const MOST_SECONDS = 30 * 60;

/** Where among the stops ahead a place costs the least driving: {index, seconds}; nothing is put before the first unless `here` is known. */
export function cheapest(ahead, place, here = null) {
  let best = { index: ahead.length, seconds: ahead.length ? secondsBetween(ahead.at(-1), place) : here ? secondsBetween(here, place) : 0 };
  ahead.forEach((stop, index) => {
    const before = index ? ahead[index - 1] : here;
    if (!before) return;
    const seconds = secondsBetween(before, place) + secondsBetween(place, stop) - secondsBetween(before, stop);
    if (seconds < best.seconds) best = { index, seconds };
  });
  return best;
}

const FITS = {
  due: ({ overdue, is_due: isDue }, wanted) => (wanted === "overdue" ? overdue > 0 : isDue),
  status: ({ status }, wanted) => status === wanted,
  tier: ({ tier }, wanted) => tier === wanted,
};

/**
 * The accounts that add the least driving to what is left of the day, or that are nearest to `here` where nothing is left: each with `seconds`
 * and, where the position is known, `metres` from it. `wanted` narrows them down: {due, status, tier}.
 */
export function nearby(accounts, ahead, here = null, wanted = {}) {
  if (!ahead.length && !here) return [];
  const planned = new Set(ahead.map(({ account }) => account));
  const isWanted = (account) => Object.entries(wanted).every(([name, value]) => !value || !FITS[name] || FITS[name](account, value));
  return accounts
    .filter((account) => account.lon != null && !planned.has(account.id) && isWanted(account))
    .map((account) => ({ account, seconds: Math.max(0, cheapest(ahead, account, ahead.length ? null : here).seconds), metres: here ? metresBetween(here, account) : null }))
    .filter(({ seconds }) => seconds <= MOST_SECONDS)
    .sort((one, other) => one.seconds - other.seconds)
    .slice(0, MOST_SHOWN);
}
