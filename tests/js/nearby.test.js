// Who lies near, reckoned on the phone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cheapest, nearby } from "../../static/js/field/nearby.js";

const at = (id, lon, more = {}) => ({ id, lon, lat: 0, ...more });

test("a place is put where it costs the least driving", () => {
  const ahead = [at("a", 0), at("b", 0.1), at("c", 0.2)];
  assert.equal(cheapest(ahead, at("x", 0.15)).index, 2);
  assert.ok(cheapest(ahead, at("x", 0.15)).seconds < 1e-6);
  assert.equal(cheapest(ahead, at("x", 0.3)).index, 3);
  assert.equal(cheapest(ahead, at("x", -0.1), at("here", -0.2)).index, 0);
});

test("those on the way come first, those on the plan and those far off not at all", () => {
  const ahead = [at("s1", 0, { account: "p" }), at("s2", 0.2, { account: "q" })];
  const found = nearby([at("beside", 0.1, { lat: 0.02 }), at("on", 0.1), at("p", 0), at("far", 5), at("nowhere", null)], ahead);
  assert.deepEqual(found.map(({ account }) => account.id), ["on", "beside"]);
  assert.equal(Math.round(found[0].seconds), 0);
});

test("without a route the drive from here counts, and without either nobody is near", () => {
  const here = { lon: 0, lat: 0 };
  const found = nearby([at("b", 0.02), at("a", 0.01)], [], here);
  assert.deepEqual(found.map(({ account, metres }) => [account.id, Math.round(metres)]), [["a", 1112], ["b", 2224]]);
  assert.deepEqual(nearby([at("a", 0.01)], []), []);
});

test("filters narrow them down", () => {
  const here = { lon: 0, lat: 0 };
  const accounts = [at("a", 0.01, { overdue: 3, tier: "A", status: "customer" }), at("b", 0.01, { overdue: -2, tier: "B", status: "prospect" })];
  const ids = (wanted) => nearby(accounts, [], here, wanted).map(({ account }) => account.id);
  assert.deepEqual([ids({ due: "overdue" }), ids({ status: "prospect" }), ids({ tier: "A" }), ids({ tier: null })], [["a"], ["b"], ["a"], ["a", "b"]]);
});
