// Quantities of an order and what they come to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf, quantity, stepped, total } from "../../static/js/field/basket.js";

const row = (text, price = 1050) => ({ product: "p", name: "Paper cups", price, text });

test("a quantity has up to three decimals, by point or comma", () => {
  for (const [text, found] of [["", 0], [" 3 ", 3], ["2.5", 2.5], ["2,5", 2.5], ["0.001", 0.001], ["1000000", 1_000_000]]) assert.equal(quantity(text), found);
  for (const text of ["-1", "many", "1.2345", "1e3", "1000001", "1.", "٣"]) assert.ok(Number.isNaN(quantity(text)), text);
});

test("one more and one less never go below nothing", () => {
  assert.equal(stepped("", 1), "1");
  assert.equal(stepped("1", -1), "");
  assert.equal(stepped("", -1), "");
  assert.equal(stepped("2.5", 1), "3.5");
  assert.equal(stepped("0.1", 1), "1.1");
  assert.equal(stepped("many", 1), "1");
});

test("an order comes to its lines as the server counts them", () => {
  // 4 × 10.50 = 42.00 and 2.5 × 3.33 = 8.325, which is 8.33.
  assert.equal(total(linesOf([row("4"), row("2.5", 333), row("")])), 5033);
  assert.equal(total(linesOf([row("0.5", 5)])), 3);
});

test("one quantity that is none spoils the order", () => {
  assert.equal(linesOf([row("1"), row("many")]), null);
  assert.deepEqual(linesOf([row(""), row("0")]), []);
});
