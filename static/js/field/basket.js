// What is in an order: quantities as people type them, and what they come to in minor units. Pure.

const LARGEST = 1_000_000;

/** A quantity with at most three decimals, a comma counting as a point; 0 where there is none, NaN where it is no quantity. */
export function quantity(text) {
  const plain = text.trim().replace(",", ".");
  if (plain === "") return 0;
  const found = /^\d+(\.\d{1,3})?$/.test(plain) ? Number(plain) : NaN;
  return found <= LARGEST ? found : NaN;
}

/** One more or one less, never below nothing. */
export const stepped = (text, step) => {
  const found = Math.max(0, Math.round(((quantity(text) || 0) + step) * 1000) / 1000);
  return found ? String(found) : "";
};

/** What a line comes to, half a minor unit rounded up. */
const lineTotal = (many, price) => Math.floor((Math.round(many * 1000) * price + 500) / 1000);

/** The lines of an order, as its act says them; null where a quantity is none. */
export function linesOf(rows) {
  const found = rows.map(({ product, price, name, text }) => ({ product, name, price_minor: price, quantity: quantity(text) }));
  return found.some((line) => Number.isNaN(line.quantity)) ? null : found.filter((line) => line.quantity > 0);
}

export const total = (lines) => lines.reduce((sum, line) => sum + lineTotal(line.quantity, line.price_minor), 0);
