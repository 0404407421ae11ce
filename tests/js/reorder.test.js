import assert from "node:assert/strict";
import { test } from "node:test";

import { metresBetween, reorder } from "../../static/js/field/reorder.js";

const at = (id, lon, is_fixed = false) => ({ id, lon, lat: 0, is_fixed });
const ids = (found) => found.stops.map((stop) => stop.id).join("");

test("a thousandth of a degree on the equator is 111.2 metres", () => {
  assert.ok(Math.abs(metresBetween({ lon: 0, lat: 0 }, { lon: 0.001, lat: 0 }) - 111.19) < 0.1);
});

test("stops on a line come in the order in which they lie", () => {
  const found = reorder([at("c", 0.3), at("a", 0.1), at("d", 0.4), at("b", 0.2)], { lon: 0, lat: 0 });
  assert.equal(ids(found), "abcd");
  assert.ok(found.saves_seconds > 0);
  assert.equal(found.is_local, true);
});

test("a fixed appointment keeps its place in the order", () => {
  const found = reorder([at("c", 0.3), at("F", 0.05, true), at("a", 0.1), at("b", 0.2)], { lon: 0, lat: 0 });
  assert.equal(found.stops[1].id, "F");
});

test("the new order is never longer, and holds every stop once", () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    let state = seed;
    const next = () => ((state = (state * 16807) % 2147483647) / 2147483647);
    const stops = Array.from({ length: 9 }, (_, n) => ({ id: n, lon: 127 + next(), lat: 37 + next(), is_fixed: next() < 0.2 }));
    const found = reorder(stops, { lon: 127, lat: 37 });
    assert.ok(found.saves_seconds >= 0);
    assert.deepEqual(new Set(found.stops), new Set(stops));
    stops.forEach((stop, place) => stop.is_fixed && assert.equal(found.stops[place], stop));
  }
});

test("without a position the first stop is where it begins; few stops stay as they are", () => {
  assert.equal(ids(reorder([at("a", 0.1)], null)), "a");
  assert.equal(ids(reorder([], null)), "");
  assert.equal(reorder([at("a", 0.1), at("c", 0.3), at("b", 0.2)], null).stops.length, 3);
});
