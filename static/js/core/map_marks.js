// What marks on a map have in common: a colour by kind, near and far, short numbers, and the size of the fullest cell.
import { isDark } from "./page.js";

/** Features that stand for several rows, and those that are one. */
export const many = ["all", ["!", ["has", "id"]], [">", ["get", "n"], 0]];
export const one = ["has", "id"];

export const sideOf = (kind) => kind[isDark() ? "dark" : "light"];

/** The colour of a single row, by the word that says its kind. */
export function colourOfOne({ kinds, word }) {
  const named = kinds.filter((kind) => kind.word !== "none");
  const rest = kinds.find((kind) => kind.word === "none") ?? kinds.at(-1);
  return ["match", ["coalesce", ["get", word], "none"], ...named.flatMap((kind) => [kind.word, sideOf(kind)]), sideOf(rest)];
}

/** More than half of a cell decide; `value` makes what stands for a kind, `mixed` stands where no kind has more than half. */
export function byMost({ kinds }, value, mixed) {
  const told = kinds.filter(({ cell }) => cell);
  const half = (what) => [">", ["*", 2, what], ["get", "n"]];
  const count = ({ cell }) => ["coalesce", ["get", cell], 0];
  const cases = told.flatMap((kind) => [half(count(kind)), value(kind)]);
  // A kind without a word of its own in cells is what the others leave.
  const rest = kinds.find(({ cell }) => !cell);
  if (rest && told.length) cases.push(["all", ["has", told[0].cell], half(["-", ["get", "n"], ["+", ...told.map(count)]])], value(rest));
  return cases.length ? ["case", ...cases, mixed] : mixed;
}

const rounded = (what, divisor, digits = 0) => ["to-string", ["/", ["round", ["/", what, divisor / 10 ** digits]], 10 ** digits]];

/** A number in a few signs: 940, 1.2 k, 35 k, 2.1 M. */
export const short = (what, texts) => ["step", what, ["to-string", ["round", what]],
  1000, ["concat", rounded(what, 1000, 1), texts.thousand], 10000, ["concat", rounded(what, 1000), texts.thousand],
  1e6, ["concat", rounded(what, 1e6, 1), texts.million], 1e7, ["concat", rounded(what, 1e6), texts.million]];

/** The largest of a word among what has come of a source. */
export const largest = (map, source, sourceLayer, filter, word) =>
  Math.max(0, ...map.querySourceFeatures(source, { sourceLayer, filter }).map(({ properties }) => properties[word] ?? 0));

/** An address of tiles, made whole, its braces kept. */
export const tileUrl = (url) => new URL(url, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
