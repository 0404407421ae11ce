// The sender under a network that cuts, repeats, forgets and lies down: every act arrives exactly once, in order, and the phone knows it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeAct } from "../../static/js/field/outbox.js";
import { makeSender } from "../../static/js/field/sender.js";

/** Numbers from a seed (mulberry32). */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function memory(acts = []) {
  const kept = new Map(acts.map((act) => [act.id, act]));
  const photos = new Map();
  return {
    person: "rep", kept, photosKept: photos,
    acts: async () => [...kept.values()],
    changeActs: async (ids, change) => { for (const id of ids ?? kept.keys()) if (kept.has(id)) kept.set(id, change(kept.get(id))); },
    photos: async () => [...photos.values()].filter(({ refused }) => !refused),
    forgetPhoto: async (id) => photos.delete(id),
    refusePhoto: async (id, refused) => photos.set(id, { ...photos.get(id), refused }),
  };
}

const answer = (status, body = {}) => ({ status, ok: status < 300, headers: new Headers(), json: async () => structuredClone(body) });
const act = (seq) => makeAct("noted", { subject: `${seq}` }, { id: `id-${seq}`, seq, now: seq, tab: "tab" });

/** A server that keeps each id once, applies some at once and some only when it is asked again. */
function server(random) {
  const seen = new Map();
  const order = [];
  const state = (id) => {
    if (seen.get(id) === "kept" && random() < 0.5) seen.set(id, "applied");
    return { id, state: seen.get(id) };
  };
  return {
    seen, order,
    async ask(path, { method = "GET", body } = {}) {
      if (path.startsWith("/field/acts?")) return answer(200, { answers: new URLSearchParams(path.split("?")[1]).get("ids").split(",").filter((id) => seen.has(id)).map(state) });
      assert.equal(method, "POST");
      const { acts } = JSON.parse(body);
      for (const { id, seq } of acts) {
        if (seen.has(id)) continue;
        order.push(seq);
        seen.set(id, random() < 0.3 ? "kept" : "applied");
      }
      return answer(200, { answers: acts.map(({ id }) => state(id)) });
    },
  };
}

function bad(random, ask) {
  return async (path, options) => {
    const luck = random();
    if (luck < 0.2) throw new TypeError("cut before");
    if (luck < 0.25) return answer(503);
    if (luck < 0.3) return answer(403);
    const said = await ask(path, options);
    if (luck < 0.5) throw new TypeError("cut after");
    if (luck < 0.55) return { ...said, json: async () => { throw new SyntaxError("half an answer"); } };
    return said;
  };
}

/** Run a sender until nothing is to be done: pauses are skipped. */
async function settle(store, ask, random) {
  const waits = [];
  const sender = makeSender({
    store, ask, hello: async () => ({ csrf: "token", phone: { id: "phone" } }), once: (work) => work(), random, now: () => 1_000_000,
    later: (work) => { waits.push(work); return waits.length; },
  });
  await sender.send();
  for (let turn = 0; waits.length && turn < 500; turn += 1) await waits.shift()();
}

for (let seed = 0; seed < 50; seed += 1) {
  test(`every act arrives once and in order, seed ${seed}`, async () => {
    const random = numbers(seed);
    const store = memory(Array.from({ length: 1 + Math.floor(random() * 130) }, (_, n) => act(n + 1)));
    const { ask, order, seen } = server(random);
    await settle(store, bad(random, ask), random);
    assert.deepEqual(order, [...order].sort((one, other) => one - other));
    assert.equal(new Set(order).size, store.kept.size);
    for (const one of store.kept.values()) assert.deepEqual([one.state, seen.get(one.id)], ["applied", "applied"]);
  });
}

test("two senders on one store, as tabs without locks, do no harm", async () => {
  const random = numbers(7);
  const store = memory(Array.from({ length: 80 }, (_, n) => act(n + 1)));
  const { ask, order } = server(random);
  await Promise.all([settle(store, bad(random, ask), random), settle(store, bad(random, ask), random)]);
  assert.equal(new Set(order).size, order.length);
  assert.equal(order.length, 80);
});

test("an act that no batch may hold is refused alone, the others arrive", async () => {
  const store = memory([act(1), act(2), act(3)]);
  const ask = async (_path, { body }) => {
    const { acts } = JSON.parse(body);
    if (acts.some(({ seq }) => seq === 2)) return answer(422, { detail: "This is no act." });
    return answer(200, { answers: acts.map(({ id }) => ({ id, state: "applied" })) });
  };
  await settle(store, ask, () => 0.5);
  assert.deepEqual([...store.kept.values()].map(({ state }) => state), ["applied", "refused", "applied"]);
  assert.equal(store.kept.get("id-2").why, "This is no act.");
});

for (const [status, reason] of [[401, "signed out"], [409, "other person"], [410, "wipe"]]) {
  test(`${status} stops the sender and leaves the acts as they are`, async () => {
    const store = memory([act(1)]);
    const heard = [];
    const sender = makeSender({ store, ask: async () => answer(status), hello: async () => ({ csrf: "", phone: {} }), once: (work) => work(), told: (what) => heard.push(what), later: assert.fail });
    await sender.send();
    assert.deepEqual(heard, [reason]);
    assert.equal(store.kept.get("id-1").state, "sent");
  });
}

test("a server of another version leaves the acts for the update", async () => {
  const store = memory([act(1)]);
  const heard = [];
  const ask = async () => answer(200, { answers: [{ id: "id-1", state: "refused", fault: "schema", why: "newer" }] });
  const sender = makeSender({ store, ask, hello: async () => ({ csrf: "", phone: {} }), once: (work) => work(), told: (what) => heard.push(what), later: assert.fail });
  await sender.send();
  assert.deepEqual([store.kept.get("id-1").state, heard.at(-1)], ["queued", "outdated"]);
});

test("pictures follow their acts, and a refused one says so on its act", async () => {
  const store = memory([1, 2].map((seq) => ({ ...act(seq), kind: "photo_added", body: { photo: `photo-${seq}` } })));
  for (const seq of [1, 2]) store.photosKept.set(`photo-${seq}`, { id: `photo-${seq}`, blob: { type: "image/jpeg" } });
  const puts = [];
  const { ask } = server(() => 0.9);
  await settle(store, async (path, options) => {
    if (!path.startsWith("/field/photos/")) return ask(path, options);
    puts.push(path);
    return path.endsWith("2") ? answer(422, { detail: "This is no image." }) : answer(201);
  }, () => 0.5);
  assert.deepEqual(puts, ["/field/photos/photo-1", "/field/photos/photo-2"]);
  assert.deepEqual([store.kept.get("id-1").state, store.kept.get("id-2").state, store.kept.get("id-2").why], ["applied", "refused", "This is no image."]);
});
