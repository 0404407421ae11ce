// What becomes of an act on the phone: pure, values in, values out. store.js keeps what is made here, sender.js sends it.
//
// placing: its position is being looked for; queued: to be sent; sent: on its way, the answer is not known yet; kept: with the server, which has
// not applied it yet; applied, merged, refused, conflict: the server's answer; left: the person gave it up for the server's version.

/** The form of acts and of the stored day that this version of the app speaks; the server's own is in its hello. */
export const SCHEMA = 1;
export const MOST_IN_A_BATCH = 50;
const MOST_BYTES = 900_000;
export const LONGEST_PLACING = 6000;
const LONGEST_PAUSE = 300_000;

const ANSWERS = ["kept", "applied", "merged", "refused", "conflict"];
const TO_SEND = ["queued", "sent"];
const TROUBLE = ["refused", "conflict"];
/** Acts that the server does not have for certain; nothing may throw them away. */
const ONLY_HERE = ["placing", ...TO_SEND];

export const isOnlyHere = (act) => ONLY_HERE.includes(act.state);
export const isTrouble = (act) => TROUBLE.includes(act.state) && !act.amended_by;

/** A new act. `held` is until when (milliseconds) its position is looked for. */
export function makeAct(kind, body, { id, seq, now, tab, place = null, noPlace = null, amends = null, said = "", held = 0 }) {
  return {
    id, kind, at: new Date(now).toISOString(), seq, place, no_place: noPlace, amends, tab, body,
    state: held ? "placing" : "queued", held, said, tries: 0, why: null, fault: null, result: null, current: null, answered: 0, in_day: false,
  };
}

/** The act with the position that was found, or with the reason why there is none. */
export const placed = (act, { place = null, noPlace = null }) =>
  act.state === "placing" ? { ...act, place, no_place: noPlace, state: "queued", held: 0 } : act;

/** A page that was closed while it looked for a position leaves an act that is sent without one. */
export const overdue = (act, now) => (act.state === "placing" && now > act.held + 2000 ? placed(act, { noPlace: "took too long" }) : act);

/** The acts to send next, in the order of doing, as many as one batch takes; what is still looking for its position holds back what came after it. */
export function nextBatch(acts) {
  const batch = [];
  let bytes = 0;
  for (const act of [...acts].sort((one, other) => one.seq - other.seq)) {
    if (act.state === "placing") break;
    if (!TO_SEND.includes(act.state)) continue;
    bytes += JSON.stringify(act.body).length + 500;
    if (batch.length && (batch.length === MOST_IN_A_BATCH || bytes > MOST_BYTES)) break;
    batch.push(act);
  }
  return batch;
}

/** An act as the protocol says it. */
export const onTheWire = ({ id, kind, at, seq, place, no_place, amends, tab, body }) => ({ id, kind, at, seq, place, no_place, amends, tab, body });

export const onItsWay = (act) => (TO_SEND.includes(act.state) ? { ...act, state: "sent", tries: act.tries + 1 } : act);

/** The server speaks another version: it kept nothing, and takes the act once the app is updated. */
export const isOutdated = ({ state, fault }) => state === "refused" && fault === "schema";

/** The act after the server's answer; what was answered for good stays so whatever comes later. */
export function answered(act, answer, now) {
  if (!answer || !ANSWERS.includes(answer.state) || !(TO_SEND.includes(act.state) || act.state === "kept")) return act;
  const { state, why = null, fault = null, result = null, current = null } = answer;
  if (isOutdated(answer)) return { ...act, state: "queued" };
  return { ...act, state, why, fault, result, current, answered: now };
}

export const waitingForResult = (acts) => acts.filter(({ state }) => state === "kept").map(({ id }) => id);

/** Milliseconds until the next try: doubling up to five minutes, never all phones at once. */
export const pause = (tries, random) => Math.min(LONGEST_PAUSE, 1000 * 2 ** Math.min(tries, 20)) * (0.5 + random / 2);

/** How many wait to be sent, and how many want to be looked at. */
export const counts = (acts) => ({ waiting: acts.filter(isOnlyHere).length, trouble: acts.filter(isTrouble).length });

/** The parts of an act's body, one by one: [name, value] with the names of what lies deeper put together by dots. */
export function fieldsOf(body, before = "") {
  return Object.entries(body ?? {}).flatMap(([name, value]) =>
    value && typeof value === "object" ? fieldsOf(value, `${before}${name}.`) : [[before + name, value]]);
}

/** The body with one part changed, the rest as it was; numbers stay numbers. */
export function changed(body, path, text) {
  const [name, ...rest] = path.split(".");
  const copy = Array.isArray(body) ? [...body] : { ...body };
  if (rest.length) copy[name] = changed(copy[name], rest.join("."), text);
  else copy[name] = typeof copy[name] === "number" && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
  return copy;
}
