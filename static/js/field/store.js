// What the phone keeps, in IndexedDB: `gcrm-field` says which phone this is and whose store is open, `gcrm-field-<person>` holds one person's acts,
// stored day, drafts and pictures. Nothing of one person is in another's.
import { openDB, deleteDB } from "idb";
import { isOnlyHere, makeAct } from "./outbox.js";
import { opened, sealed } from "./seal.js";

const REGISTRY = "gcrm-field";
/** Says to the worker that there is a day to show without asking the server; nothing about whose. templates/field/sw.js reads it. */
const MARK = ["gcrm-field-open", "/field/open"];

/** How a store came to its present form, a step for each version; steps are added, never changed, since phones stand at any of them. */
const STEPS = [
  (db) => {
    db.createObjectStore("acts", { keyPath: "id" }).createIndex("seq", "seq");
    db.createObjectStore("meta");
  },
  (db) => {
    db.createObjectStore("drafts");
    db.createObjectStore("photos", { keyPath: "id" });
  },
];

const open = (name, steps, blocking) =>
  openDB(name, steps.length, {
    upgrade(db, from, _to, transaction) {
      for (const step of steps.slice(from)) step(db, transaction);
    },
    // Another tab with a newer version of the app wants to go on: it must not wait for this one.
    blocking(_current, _blocked, event) {
      event.target.close();
      blocking?.();
    },
  });

let kept;
const registry = () => (kept ??= open(REGISTRY, [(db) => db.createObjectStore("meta")]));
export const known = async (key) => (await registry()).get("meta", key);
export const know = async (key, value) => (await registry()).put("meta", value, key);

/** This phone's id, made at the first look. */
export async function phoneId() {
  const transaction = (await registry()).transaction("meta", "readwrite");
  const id = (await transaction.store.get("phone")) ?? crypto.randomUUID();
  await transaction.store.put(id, "phone");
  await transaction.done;
  return id;
}

/** The store of a person; `outdated` is called when a newer version of the app took it over. */
export async function openStore(person, { outdated, steps = STEPS } = {}) {
  const db = await open(`${REGISTRY}-${person}`, steps, outdated);

  /** Write an act with the next number, both or neither. */
  async function addAct(kind, body, options) {
    const transaction = db.transaction(["acts", "meta"], "readwrite");
    const [acts, meta] = [transaction.objectStore("acts"), transaction.objectStore("meta")];
    const seq = ((await meta.get("seq")) ?? 0) + 1;
    const act = makeAct(kind, body, { ...options, seq });
    await Promise.all([acts.add(act), meta.put(seq, "seq"), transaction.done]);
    return act;
  }

  /** Change acts as they are now, in one transaction, so that two tabs cannot undo each other's work. */
  async function changeActs(ids, change) {
    const transaction = db.transaction("acts", "readwrite");
    const acts = ids ? (await Promise.all(ids.map((id) => transaction.store.get(id)))).filter(Boolean) : await transaction.store.getAll();
    for (const act of acts) {
      const next = change(act);
      if (next !== act) transaction.store.put(next);
    }
    await transaction.done;
  }

  /** Keep a day that was asked for at `asked`: what was answered before that is in it. */
  async function keepDay(body, etag, asked) {
    const transaction = db.transaction(["acts", "meta"], "readwrite");
    const [acts, meta] = [transaction.objectStore("acts"), transaction.objectStore("meta")];
    meta.put({ body, etag, asked }, "day");
    for (const act of await acts.getAll()) {
      const isOld = asked - act.answered > 30 * 86_400_000;
      if (act.answered && act.answered <= asked && ["applied", "merged", "left"].includes(act.state)) {
        if (isOld) acts.delete(act.id);
        else if (!act.in_day) acts.put({ ...act, in_day: true });
      }
    }
    await transaction.done;
  }

  return {
    person, db, addAct, changeActs, keepDay,
    acts: () => db.getAllFromIndex("acts", "seq"),
    act: (id) => db.get("acts", id),
    day: () => db.get("meta", "day"),
    dayIs: async (asked) => { const day = await db.get("meta", "day"); if (day) await db.put("meta", { ...day, asked }, "day"); },
    meta: (key) => db.get("meta", key),
    keepMeta: (key, value) => db.put("meta", value, key),
    draft: (key) => db.get("drafts", key),
    keepDraft: (key, value) => db.put("drafts", value, key),
    forgetDraft: (key) => db.delete("drafts", key),
    photos: async () => (await db.getAll("photos")).filter(({ refused }) => !refused),
    keepPhoto: (id, blob, about = null) => db.put("photos", { id, blob, act: about }),
    forgetPhoto: (id) => db.delete("photos", id),
    refusePhoto: async (id, why) => db.put("photos", { ...(await db.get("photos", id)), refused: why }),
    close: () => db.close(),
  };
}

// -- whose store is open -------------------------------------------------------------------------------------------------------------------------

/** `word`: "open", "leaving" for somebody whose session is to be ended yet, or nothing. */
export async function markOpen(word) {
  const [cache, address] = MARK;
  if (word) await (await caches.open(cache)).put(address, new Response(word));
  else await caches.delete(cache);
}

/** Open a person's store; what lay sealed in it is opened with the key that only this person's sign-in brings. */
export async function enter({ id, name }, seal, options) {
  const store = await openStore(id, options);
  const people = new Set((await known("people")) ?? []).add(id);
  await know("people", [...people]);
  await know("open", { id, name });
  const box = await store.meta("sealed");
  if (box) await unseal(store, box, seal);
  await store.keepMeta("seal", await sealed.key(seal));
  return store;
}

async function unseal(store, box, seal) {
  const { acts, drafts, photos, seq } = await opened(box, await sealed.key(seal));
  const transaction = store.db.transaction(["acts", "drafts", "photos", "meta"], "readwrite");
  for (const act of acts) transaction.objectStore("acts").put(act);
  for (const [key, draft] of drafts) transaction.objectStore("drafts").put(draft, key);
  for (const photo of photos) transaction.objectStore("photos").put(photo);
  transaction.objectStore("meta").put(Math.max(seq, (await transaction.objectStore("meta").get("seq")) ?? 0), "seq");
  transaction.objectStore("meta").delete("sealed");
  await transaction.done;
}

/** Lock a store: what only this phone has is sealed, everything else of the person is deleted. */
export async function leaveSealed(store) {
  const key = await store.meta("seal");
  const acts = (await store.acts()).filter((act) => isOnlyHere(act) || act.state === "kept" || (!act.in_day && ["refused", "conflict"].includes(act.state)));
  const drafts = await Promise.all((await store.db.getAllKeys("drafts")).map(async (id) => [id, await store.draft(id)]));
  const photos = await store.db.getAll("photos");
  const hasWork = acts.length || drafts.length || photos.length;
  const seq = (await store.meta("seq")) ?? 0;
  const before = await store.meta("sealed");
  const box = hasWork && key ? await sealed.box({ acts, drafts, photos, seq }, key) : before;
  const transaction = store.db.transaction(["acts", "drafts", "photos", "meta"], "readwrite");
  await Promise.all(["acts", "drafts", "photos", "meta"].map((name) => transaction.objectStore(name).clear()));
  if (box) transaction.objectStore("meta").put(box, "sealed");
  if (seq) transaction.objectStore("meta").put(seq, "seq");
  await transaction.done;
  store.close();
  await know("open", null);
  await markOpen("");
  return acts.length;
}

/** Delete everything of a person on this phone; another person's sealed acts stay. */
export async function wipe(person) {
  await markOpen("");
  const people = ((await known("people")) ?? []).filter((id) => id !== person);
  await know("people", people);
  if ((await known("open"))?.id === person) await know("open", null);
  await know(`key-${person}`, null);
  await deleteDB(`${REGISTRY}-${person}`);
}
