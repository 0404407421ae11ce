// What becomes of acts on the phone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST_IN_A_BATCH, answered, changed, counts, fieldsOf, makeAct, nextBatch, onItsWay, overdue, pause, placed } from "../../static/js/field/outbox.js";

const act = (seq, more = {}) => makeAct("noted", { subject: `${seq}` }, { id: `id-${seq}`, seq, now: 1000 * seq, tab: "tab", ...more });

test("a batch goes in the order of doing and holds fifty", () => {
  const acts = [3, 1, 2].map((seq) => act(seq));
  assert.deepEqual(nextBatch(acts).map(({ seq }) => seq), [1, 2, 3]);
  assert.equal(nextBatch(Array.from({ length: 120 }, (_, n) => act(n + 1))).length, MOST_IN_A_BATCH);
});

test("a batch ends before it is too large, but never empty", () => {
  const large = { note: "x".repeat(600_000) };
  const acts = [1, 2].map((seq) => ({ ...act(seq), body: large }));
  assert.deepEqual(nextBatch(acts).map(({ seq }) => seq), [1]);
});

test("what looks for its position holds back what came after it, for a while", () => {
  const acts = [act(1), act(2, { held: 6000 }), act(3)];
  assert.deepEqual(nextBatch(acts).map(({ seq }) => seq), [1]);
  assert.equal(overdue(acts[1], 7000), acts[1]);
  const late = overdue(acts[1], 9000);
  assert.deepEqual([late.state, late.place, late.no_place], ["queued", null, "took too long"]);
  const found = placed(acts[1], { place: { lon: 1, lat: 2 } });
  assert.deepEqual([found.state, found.place], ["queued", { lon: 1, lat: 2 }]);
});

test("what was answered for good stays so", () => {
  const sent = onItsWay(act(1));
  assert.equal(sent.state, "sent");
  const kept = answered(sent, { state: "kept" }, 5);
  const refused = answered(kept, { state: "refused", why: "no such account", fault: "body.account" }, 6);
  assert.deepEqual([refused.state, refused.why, refused.fault, refused.answered], ["refused", "no such account", "body.account", 6]);
  assert.equal(answered(refused, { state: "applied" }, 7), refused);
  assert.equal(answered(sent, { state: "something new" }, 7), sent);
});

test("an act that the server does not understand yet waits for the update", () => {
  assert.equal(answered(onItsWay(act(1)), { state: "refused", fault: "schema" }, 5).state, "queued");
});

test("pauses double up to five minutes and are never all the same", () => {
  assert.deepEqual([0, 1, 2].map((tries) => pause(tries, 1)), [1000, 2000, 4000]);
  assert.equal(pause(50, 1), 300_000);
  assert.equal(pause(3, 0), 4000);
});

test("waiting and troubled acts are counted apart; a corrected one troubles nobody", () => {
  const refused = { ...act(2), state: "refused" };
  assert.deepEqual(counts([act(1), refused, { ...refused, amended_by: "id-3" }, { ...act(4), state: "applied" }]), { waiting: 1, trouble: 1 });
});

test("a body is read and changed part by part", () => {
  const body = { order: "o", lines: [{ product: "p", quantity: 2 }], note: "hello" };
  assert.deepEqual(fieldsOf(body), [["order", "o"], ["lines.0.product", "p"], ["lines.0.quantity", 2], ["note", "hello"]]);
  assert.deepEqual(changed(body, "lines.0.quantity", "3").lines, [{ product: "p", quantity: 3 }]);
  assert.equal(changed(body, "note", "12").note, "12");
  assert.equal(body.lines[0].quantity, 2);
});
