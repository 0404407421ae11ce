// What runs on every page of the phone: whose store is open, the sender, the stored day and how old it is. Pages and forms ask it; it tells them by events.
import place from "./place.js";
import { makeSender, Stopped } from "./sender.js";
import { enter, know, known, leaveSealed, markOpen, openStore, phoneId, wipe } from "./store.js";
import { LONGEST_PLACING, SCHEMA, isOnlyHere, placed } from "./outbox.js";

const TAB = crypto.randomUUID();
const FRESH = 60_000;
const LEAVING_EVERY = 10_000;

/** "changed": acts or the day; "state": what the line at the top says; "stale": the server shows this page otherwise by now. */
export const events = new EventTarget();
const tell = (name) => events.dispatchEvent(new Event(name));
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("gcrm-field") : null;

/** How things are: offline, signed_out, wiped (why), outdated, reload. */
export const state = { offline: !navigator.onLine, greeting: null };
export function is(changes) {
  Object.assign(state, changes);
  tell("state");
}

let here = null;
let sender = null;
let starting = null;

/** The open store, or null where nobody's is; opened once a page. */
export async function phone() {
  await (starting ??= begin());
  return here;
}

/** Work for the screen alone; a store that is closed meanwhile has nothing to show. */
export async function show(work) {
  try {
    await work();
  } catch (error) {
    if (error.name !== "InvalidStateError") throw error;
  }
}

async function begin() {
  const [open, shown] = [await known("open"), document.body.dataset.person];
  if ((await known("leaving")) && !(await endSession())) {
    endSessionLater();
    return;
  }
  if (open && (!shown || shown === open.id)) await take(await openStore(open.id, { outdated: reload }));
  else if (shown) await meet();
  listen();
  if (!shown) window.setTimeout(() => refresh(), 0);
  else refresh();
}

const reload = () => is({ reload: true });

async function take(store) {
  here = store;
  sender = makeSender({ store, hello: lately, ask: (path, options) => fetch(path, options), once: inOneTab(store), told });
}

/** Work in one tab at a time: by the browser's locks, or by a lease in the store where it has none. */
function inOneTab(store) {
  const name = `gcrm-field-send-${store.person}`;
  return navigator.locks ? (work) => navigator.locks.request(name, work) : (work) => leased(store, work);
}

async function leased(store, work) {
  const hold = async () => {
    const transaction = store.db.transaction("meta", "readwrite");
    const lease = await transaction.store.get("lease");
    const isFree = !lease || lease.tab === TAB || lease.until < Date.now();
    if (isFree) transaction.store.put({ tab: TAB, until: Date.now() + 15_000 }, "lease");
    await transaction.done;
    return isFree;
  };
  while (!(await hold())) await new Promise((resolve) => { setTimeout(resolve, 1000); });
  const renewed = setInterval(hold, 5000);
  try {
    await work();
  } finally {
    clearInterval(renewed);
    await store.keepMeta("lease", null);
  }
}

// -- hello ----------------------------------------------------------------------------------------------------------------------------------------

/** Greet the server: who is signed in, which phone this is, a token for what is sent. */
async function greet(request = checked) {
  const [id, now] = [await phoneId(), Date.now()];
  const person = here?.person ?? (await known("open"))?.id ?? document.body.dataset.person;
  const headers = { Accept: "application/json", "X-Field-Phone": id };
  if (person) headers["X-Field-Person"] = person;
  const key = person && (await known(`key-${person}`));
  if (key) headers["X-Field-Key"] = key;
  const answer = await request("/field/hello", { headers });
  if (!answer.ok) throw new Error(`hello: ${answer.status}`);
  const said = await answer.json();
  if (said.phone.key) await know(`key-${said.person.id}`, said.phone.key);
  if (here && said.person.id !== here.person) throw new Stopped("other person", said);
  const greeting = { ...said, at: now };
  is({ greeting, offline: false, signed_out: false, outdated: said.schema > SCHEMA });
  fillTokens(said.csrf);
  return greeting;
}

const LONGEST_GREETING = 4000;

/** True when the server answers now, to this person; asked where a form is better sent than kept. */
export const reachable = () =>
  navigator.onLine && Promise.race([greet().then(() => true, () => false), new Promise((resolve) => { setTimeout(resolve, LONGEST_GREETING, false); })]);

/** The greeting of this minute, unless its token was refused. */
const lately = (request, isRefused) =>
  (!isRefused && state.greeting?.person.id === here?.person && Date.now() - state.greeting.at < FRESH ? state.greeting : greet(request));

async function checked(path, options) {
  const answer = await fetch(path, options);
  if (answer.status === 401) throw new Stopped("signed out");
  if (answer.status === 410) throw new Stopped("wipe", await answer.json().catch(() => ({})));
  return answer;
}

/** Pages out of the cache have no token of their own. */
export function fillTokens(token = state.greeting?.csrf) {
  if (!token) return;
  for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = token;
  document.querySelector('meta[name="csrf-token"]')?.setAttribute("content", token);
}

/** Open the store of whoever is signed in; whoever was here before is sealed first. */
async function meet() {
  const before = await known("open");
  try {
    const said = await greet();
    if (before && before.id !== said.person.id) await leaveSealed(await openStore(before.id));
    await take(await enter(said.person, said.seal, { outdated: reload }));
  } catch (error) {
    await stopped(error);
  }
}

async function stopped(error) {
  if (!(error instanceof Stopped)) return is({ offline: true });
  return told(error.reason, error.detail);
}

async function told(what, detail) {
  if (what === "answered") changed();
  else if (what === "sent") {
    is({ offline: false, signed_out: false });
    if (await isBehind(here)) await keepDay();
  } else if (what === "not now") is({ offline: true });
  else if (what === "signed out") is({ signed_out: true, offline: false });
  else if (what === "outdated") is({ outdated: true });
  else if (what === "wipe") await wiped(detail);
  else if (what === "other person") await handOver(detail);
}

/** True when acts were answered that the stored day does not know. */
async function isBehind(store) {
  const day = await store?.day();
  return Boolean(day) && (await store.acts()).some((act) => act.answered > day.asked && !act.in_day);
}

/** Everything of the person goes, at once, and is said. */
async function wiped({ why = "", person }) {
  const gone = person ?? here?.person ?? (await known("open"))?.id;
  if (here?.person === gone) {
    here.close();
    here = sender = null;
  }
  if (gone) await wipe(gone);
  is({ wiped: why || true });
  tell("changed");
}

/** Somebody else signed in on this phone: what the person before left unsent is sealed, then the page is theirs. */
async function handOver() {
  if (here) await leaveSealed(here);
  here = sender = null;
  location.assign("/field/");
}

// -- the stored day -------------------------------------------------------------------------------------------------------------------------------

async function keepDay() {
  const store = here;
  if (!store) return;
  const [now, before] = [Date.now(), await store.day()];
  let answer;
  try {
    answer = await checked("/field/day.json", { headers: { Accept: "application/json", ...(before && { "If-None-Match": before.etag }) } });
    const [body, etag] = answer.status === 200 ? [await answer.json(), answer.headers.get("ETag")] : [before?.body, before?.etag];
    if (here !== store || ![200, 304].includes(answer.status)) return;
    await store.keepDay(body, etag, now);
  } catch (error) {
    await stopped(error);
    return;
  }
  await markOpen("open");
  is({ offline: false });
  changed();
}

/** Ask how things are, send what waits and bring the day up to date; offline nothing changes. */
export async function refresh() {
  const store = here;
  const said = store && (await greet().catch(stopped));
  // Somebody may have signed out while the server was asked.
  const isGone = () => !store || here !== store;
  if (isGone()) return;
  if (!said?.csrf) {
    if (state.offline) sender.send();
    return;
  }
  await keepSeal(store, said);
  await sender?.send({ fresh: true });
  if (isGone()) return;
  const day = await store.day();
  if (day && day.etag === said.snapshot) await store.keepDay(day.body, day.etag, said.at);
  else if (!day || day.asked < said.at) await keepDay();
  tell("state");
}

async function keepSeal(store, { seal, person }) {
  if (!(await store.meta("seal"))) await enter(person, seal, { outdated: reload }).then((twin) => twin.close());
}

function changed() {
  tell("changed");
  channel?.postMessage("changed");
}

function listen() {
  // What was under way when the store was closed, for a newer version or because its person left, has nothing to go on with.
  addEventListener("unhandledrejection", (event) => { if (event.reason?.name === "InvalidStateError" && (state.reload || !here)) event.preventDefault(); });
  addEventListener("online", () => { is({ offline: false }); refresh(); });
  addEventListener("offline", () => is({ offline: true }));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    if (Date.now() - (state.greeting?.at ?? 0) > FRESH) refresh();
    else sender?.send({ fresh: true });
  });
  channel?.addEventListener("message", () => tell("changed"));
  setInterval(() => tell("state"), 30_000);
}

// -- acts -----------------------------------------------------------------------------------------------------------------------------------------

/** Acts that the phone had no room for; they are on this page alone. */
export const unkept = [];

/**
 * Write an act down and set out to send it. With `placing` it is written first and told where it was as soon as the phone knows.
 * Throws a QuotaExceededError when the phone is full; the act then waits in `unkept`.
 */
export async function doAct(kind, body, { placing = false, amends = null, said = "", id = crypto.randomUUID(), now = Date.now() } = {}) {
  const store = await phone();
  const options = { id, now, tab: TAB, amends, said, held: placing ? now + LONGEST_PLACING : 0 };
  try {
    await store.addAct(kind, body, options);
  } catch (error) {
    unkept.push({ kind, body, options });
    tell("state");
    throw error;
  }
  navigator.storage?.persist?.();
  changed();
  if (placing) {
    const found = await place();
    // Who signed out meanwhile left it as it stands; it is sent without its place.
    if (here !== store) return { id, sent: undefined };
    await store.changeActs([id], (act) => placed(act, found));
  }
  const sent = sender.send({ fresh: true });
  return { id, sent };
}

/** Try again to write what there was no room for; true when all is written. */
export async function keepUnkept() {
  while (unkept.length) {
    const { kind, body, options } = unkept[0];
    try {
      await here.addAct(kind, body, { ...options, held: 0 });
    } catch {
      return false;
    }
    unkept.shift();
  }
  changed();
  sender.send({ fresh: true });
  return true;
}

export async function changeAct(id, change) {
  await here.changeActs([id], change);
  changed();
  sender.send({ fresh: true });
}

/** Give up what was not sent, on purpose; the numbers go on where the rest ends. */
export async function discardUnsent() {
  const transaction = here.db.transaction(["acts", "drafts", "photos", "meta"], "readwrite");
  const acts = transaction.objectStore("acts");
  let last = 0;
  for (const act of await acts.getAll()) {
    if (isOnlyHere(act)) acts.delete(act.id);
    else last = Math.max(last, act.seq);
  }
  transaction.objectStore("drafts").clear();
  transaction.objectStore("photos").clear();
  transaction.objectStore("meta").put(last, "seq");
  await transaction.done;
}

/** Lock the store and end the session; false where the server could not be told yet: then it is as soon as it can. */
export async function signOut() {
  const gone = here;
  here = sender = null;
  await know("leaving", gone.person);
  await leaveSealed(gone);
  await markOpen("leaving");
  return endSession({ isNow: true });
}

/** Tell the server that the person left. Somebody who just came from the sign-in page is there anew. */
async function endSession({ isNow = false } = {}) {
  const isNew = !isNow && document.body.dataset.person && new URL(document.referrer || location.href).pathname === "/login";
  try {
    if (!isNew) {
      const { csrf } = await greet();
      await fetch(document.body.dataset.signOut, { method: "POST", headers: { "X-CSRFToken": csrf } });
    }
  } catch (error) {
    if (!(error instanceof Stopped)) {
      is({ offline: true });
      return false;
    }
  }
  await know("leaving", null);
  await markOpen("");
  if (!isNew) location.replace("/login");
  return true;
}

/** End the session as soon as the server can be reached. Browsers do not always tell, so it is tried now and then as well. */
async function endSessionLater() {
  do {
    await new Promise((resolve) => {
      addEventListener("online", resolve, { once: true });
      setTimeout(resolve, LEAVING_EVERY);
    });
  } while (!(await endSession()));
}

/** Send all that waits; resolves when the server answered or could not be reached. */
export const sendNow = () => sender?.send({ fresh: true });

export const unsent = async () => (here ? await here.acts() : []).filter(isOnlyHere);
