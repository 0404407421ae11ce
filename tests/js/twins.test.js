import assert from "node:assert/strict";
import { test } from "node:test";

import { twins } from "../../static/js/field/twins.js";

const known = [
  { id: 1, name: "Café Müller GmbH", lon: 127, lat: 37, street: "Main St. 5", postcode: "12345" },
  { id: 2, name: "한빛상사", lon: 127.001, lat: 37 },
  { id: 3, name: "Harbor Tools", lon: null, lat: null },
];
const found = (asked) => twins(known, asked).map((one) => [one.account.id, one.why]);

test("case, accents, signs and the legal form do not tell names apart", () => {
  assert.deepEqual(found({ name: "CAFE-MULLER, gmbh", lon: 127, lat: 37 }), [[1, "near"]]);
  assert.deepEqual(found({ name: "(주) 한빛 상사", lon: 127.001, lat: 37 }), [[2, "near"]]);
});

test("the same name nearby, or at the same address, is a twin; far away it is not", () => {
  assert.deepEqual(found({ name: "cafe muller", lon: 127.0005, lat: 37 }), [[1, "near"]]);
  assert.deepEqual(found({ name: "Cafe Muller", lon: 128, lat: 37, street: "main st 5", postcode: "12345" }), [[1, "address"]]);
  assert.deepEqual(found({ name: "Cafe Muller", lon: 128, lat: 37 }), []);
  assert.deepEqual(found({ name: "주식회사 한빛상사", lon: 127.001, lat: 37 }), [[2, "near"]]);
});

test("a longer name that begins alike counts nearby; a name without a place counts by itself", () => {
  assert.deepEqual(found({ name: "Café Müller Downtown", lon: 127, lat: 37.0005 }), [[1, "near"]]);
  assert.deepEqual(found({ name: "Harbor Tools Inc", lon: 127, lat: 37 }), [[3, "name"]]);
});

test("no name, no twin", () => {
  assert.deepEqual(found({ name: " ", lon: 127, lat: 37 }), []);
});
