import assert from "node:assert/strict";
import { test } from "node:test";

import { late } from "../../static/js/field/late.js";

const at = (time) => `2026-11-23T${time}:00.000Z`;
const stop = (id, arrive, start, latest) => ({ id, arrive_at: at(arrive), start_at: at(start), latest_at: latest && at(latest) });

test("a delay is carried through stops that follow without waiting", () => {
  const found = late([stop("a", "09:00", "09:00"), stop("b", "10:00", "10:00")], 15);
  assert.deepEqual(found.map((one) => [one.start_at, one.late_seconds, one.breaks]), [[at("09:15"), 900, false], [at("10:15"), 900, false]]);
});

test("waiting before a stop takes some of the delay away", () => {
  const found = late([stop("a", "09:00", "09:10"), stop("b", "10:00", "10:00")], 15);
  assert.deepEqual(found.map((one) => one.late_seconds), [300, 300]);
});

test("a stop that would begin after its latest begin breaks, one just at it does not", () => {
  const found = late([stop("a", "09:00", "09:00", "09:15"), stop("b", "10:00", "10:00", "10:14")], 15);
  assert.deepEqual(found.map((one) => one.breaks), [false, true]);
});

test("nothing breaks for who is on time", () => {
  assert.equal(late([stop("a", "09:00", "09:00", "08:00")], 0)[0].breaks, false);
});
