// The day as it stands: the stored one, and what was done since.
import assert from "node:assert/strict";
import { test } from "node:test";
import { standing, stopOfVisit, underWay } from "../../static/js/field/standing.js";

const DAY = { day: "2026-11-23", stops: ["a", "b", "c"].map((id) => ({ id, account: `account-${id}`, status: "ahead", visit: null })) };
let seq = 0;
const act = (kind, body, more = {}) => ({ kind, body, seq: (seq += 1), at: "2026-11-23T09:30:00.000Z", state: "queued", in_day: false, ...more });
const ids = (stops) => stops.map(({ id }) => id);

test("without acts the day is as it was stored", () => {
  const { next, later, over, done, all } = standing(DAY, []);
  assert.deepEqual([next.id, ids(later), over, done, all], ["a", ["b", "c"], [], 0, 3]);
});

test("a visit begun, finished and a stop skipped move the day on", () => {
  const arrived = act("arrived", { stop: "b", visit: "v1" });
  assert.deepEqual([standing(DAY, [arrived]).next.id, standing(DAY, [arrived]).next.status], ["b", "arrived"]);
  const finished = act("finished", { stop: "b", visit: "v1", outcome: "order" });
  const skipped = act("skipped", { stop: "a" });
  const { next, over, done } = standing(DAY, [arrived, finished, skipped]);
  assert.deepEqual([next.id, ids(over), done], ["c", ["a", "b"], 1]);
  assert.equal(standing(DAY, [skipped, act("unskipped", { stop: "a" })]).next.id, "a");
});

test("the order of doing counts, not the order in which acts are read", () => {
  const [skipped, unskipped] = [act("skipped", { stop: "a" }), act("unskipped", { stop: "a" })];
  assert.equal(standing(DAY, [unskipped, skipped]).next.id, "a");
});

test("a log is about its visit where it names no stop", () => {
  const acts = [act("arrived", { stop: "b", visit: "v1" }), act("finished", { visit: "v1", outcome: "order" })];
  assert.deepEqual(ids(standing(DAY, acts).over), ["b"]);
  assert.equal(stopOfVisit([DAY], acts, "v1").stop.id, "b");
});

test("what was refused, given up or is in the stored day already changes nothing", () => {
  for (const more of [{ state: "refused" }, { state: "conflict" }, { state: "left" }, { amended_by: "x" }, { state: "applied", in_day: true }]) {
    assert.equal(standing(DAY, [act("skipped", { stop: "a" }, more)]).next.id, "a");
  }
  assert.equal(standing(DAY, [act("skipped", { stop: "a" }, { state: "applied" })]).next.id, "b");
});

test("a new order moves only what is ahead", () => {
  const acts = [act("skipped", { stop: "a" }), act("reordered", { day: DAY.day, stops: ["c", "b"] })];
  assert.deepEqual(ids(standing(DAY, acts).stops), ["a", "c", "b"]);
  assert.deepEqual(ids(standing(DAY, [act("reordered", { day: "2026-11-24", stops: ["c", "b", "a"] })]).stops), ["a", "b", "c"]);
  // One that came to the plan meanwhile stays behind those that were put in order.
  assert.deepEqual(ids(standing(DAY, [act("reordered", { day: DAY.day, stops: ["c", "a"] })]).stops), ["c", "a", "b"]);
});

test("a visit outside the plan is under way until it is logged", () => {
  const arrived = act("arrived", { visit: "v9", account: "account-x" });
  assert.equal(underWay([DAY], [arrived]).body.visit, "v9");
  assert.equal(underWay([DAY], [arrived, act("finished", { visit: "v9", outcome: "order" })]), null);
  assert.equal(underWay([DAY], [act("arrived", { visit: "v1", stop: "a" })]), null);
});

const timed = (id, minute, lon, more = {}) => ({
  id, account: `account-${id}`, status: "ahead", visit: null, lon, lat: 0, is_fixed: false, latest_at: null,
  arrive_at: `2026-11-23T09:${minute}:00.000Z`, start_at: `2026-11-23T09:${minute}:00.000Z`, depart_at: `2026-11-23T09:${minute + 10}:00.000Z`, ...more,
});
const LINE = { day: "2026-11-23", stops: [timed("a", 10, 0), timed("b", 25, 0.01), timed("c", 40, 0.02, { latest_at: "2026-11-23T09:45:00.000Z" })] };

test("being late is carried through the stops ahead, and what is told last counts", () => {
  const told = [act("late", { day: LINE.day, minutes: 30 }), act("late", { day: LINE.day, minutes: 10 })];
  const { late } = standing(LINE, told);
  assert.deepEqual([late.minutes, late.stops.map(({ breaks }) => breaks)], [10, [false, false, true]]);
  assert.equal(standing(LINE, [...told, act("late", { day: LINE.day, minutes: 0 })]).late, null);
  assert.equal(standing({ ...LINE, late_minutes: 5, late_at: "2026-11-23T09:00:00.000Z" }, []).late.minutes, 5);
  assert.equal(standing(LINE, [act("late", { day: "2026-11-24", minutes: 10 })]).late, null);
});

test("in a new order the times are estimates from when the first was to be reached", () => {
  const { ahead } = standing(LINE, [act("reordered", { day: LINE.day, stops: ["b", "a", "c"] })]);
  assert.deepEqual(ids(ahead), ["b", "a", "c"]);
  assert.equal(ahead[0].start_at, "2026-11-23T09:10:00.000Z");
  assert.ok(ahead.every((stop, n) => stop.is_estimated && (!n || stop.start_at > ahead[n - 1].depart_at)));
});

test("an added stop stands where it costs the least driving, once", () => {
  const accounts = [{ id: "x", name: "Extra", lon: 0.015, lat: 0, minutes: 20 }];
  const added = act("added", { day: LINE.day, account: "x", stop: "new" });
  assert.deepEqual(ids(standing(LINE, [added], accounts).ahead), ["a", "b", "new", "c"]);
  assert.equal(standing(LINE, [added], accounts).ahead[2].name, "Extra");
  assert.deepEqual(ids(standing(LINE, [act("added", { day: LINE.day, account: "account-a", stop: "new" })], accounts).stops), ["a", "b", "c"]);
});

test("saying why an arrival was far does not change when it was", () => {
  const first = act("arrived", { stop: "a", visit: "v1" }, { at: "2026-11-23T09:00:00.000Z" });
  const why = act("arrived", { stop: "a", visit: "v1", far_reason: "Parking" });
  assert.equal(standing(LINE, [first, why]).next.arrived, "2026-11-23T09:00:00.000Z");
});
