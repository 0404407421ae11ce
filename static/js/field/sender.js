// Sends what waits in the outbox, a batch at a time, and writes down what is answered. It may be cut anywhere: an act whose answer did not come is
// sent again under the same id, and the server does it once. Everything outside is handed in, so that tests can be a bad network.
import { MOST_IN_A_BATCH, SCHEMA, answered, isOutdated, nextBatch, onItsWay, onTheWire, overdue, pause, waitingForResult } from "./outbox.js";

/** What the phone may not do until somebody signs in, or ever again. */
export class Stopped extends Error {
  constructor(reason, detail = {}) {
    super(reason);
    Object.assign(this, { reason, detail });
  }
}

/** Nothing came back, or that the server cannot just now; `after` is when it wants to be asked again, in milliseconds. */
class NotNow extends Error {
  constructor(after = 0) {
    super("not now");
    this.after = after;
  }
}

/**
 * `store`: acts(), changeActs(ids, change), photos() and so on; `hello()` answers {csrf, ...} or throws Stopped; `ask(path, options)` is fetch;
 * `once(work)` runs work in one tab at a time; `told(what)` hears what changed.
 */
export function makeSender({ store, hello, ask, once, told = () => {}, now = Date.now, random = Math.random, later = setTimeout }) {
  let tries = 0, timer = null, running = null, again = false, greeting = null, isRefused = false, isReached = false;

  const request = async (path, options) => {
    let answer;
    try {
      answer = await ask(path, options);
    } catch {
      throw new NotNow();
    }
    isReached = true;
    if (answer.status === 401) throw new Stopped("signed out");
    if (answer.status === 410) throw new Stopped("wipe", await answer.json().catch(() => ({})));
    if (answer.status === 429 || answer.status >= 500) throw new NotNow(1000 * Number(answer.headers.get("Retry-After") || 0));
    return answer;
  };
  const json = (answer) => answer.json().catch(() => { throw new NotNow(); });
  async function greet() {
    greeting ??= await hello(request, isRefused);
    isRefused = false;
    return greeting;
  }
  /** The page was open for longer than its token lasts: the next try asks for another. */
  function refuse() {
    [greeting, isRefused] = [null, true];
    throw new NotNow();
  }

  async function post(batch) {
    const { csrf, phone } = await greet();
    const body = JSON.stringify({ phone: phone.id, schema: SCHEMA, sent_at: new Date(now()).toISOString(), acts: batch.map(onTheWire) });
    const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf, "X-Field-Person": store.person };
    const answer = await request("/field/acts", { method: "POST", headers, body });
    if (answer.status === 409) throw new Stopped("other person");
    if (answer.ok) return (await json(answer)).answers;
    if (answer.status === 400 || answer.status === 403) refuse();
    if (batch.length > 1) return [...(await post(batch.slice(0, batch.length / 2))), ...(await post(batch.slice(batch.length / 2)))];
    const { detail = null } = await answer.json().catch(() => ({}));
    return [{ id: batch[0].id, state: "refused", why: detail ?? `${answer.status}` }];
  }

  /** One batch; true while there may be more to do. */
  async function step() {
    await store.changeActs(null, (act) => overdue(act, now()));
    const batch = nextBatch(await store.acts());
    if (!batch.length) return false;
    const ids = batch.map(({ id }) => id);
    await store.changeActs(ids, onItsWay);
    const answers = new Map((await post(batch)).map((answer) => [answer.id, answer]));
    // An act without an answer of its own is asked for again by a `sent` that stays: the server says the same as before.
    await store.changeActs(ids, (act) => answered(act, answers.get(act.id), now()));
    told("answered");
    if ([...answers.values()].some(isOutdated)) throw new Stopped("outdated");
    if (!ids.some((id) => answers.has(id))) throw new NotNow();
    return true;
  }

  /** Ask what became of those that were only kept; true if all is known by now. */
  async function results() {
    const ids = waitingForResult(await store.acts());
    for (let from = 0; from < ids.length; from += MOST_IN_A_BATCH) {
      const part = ids.slice(from, from + MOST_IN_A_BATCH);
      const answer = await request(`/field/acts?ids=${part.join(",")}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new NotNow();
      const { answers } = await json(answer);
      const known = new Map(answers.map((one) => [one.id, one]));
      // One that the server does not know after all goes back to the queue.
      await store.changeActs(part, (act) => (known.has(act.id) ? answered(act, known.get(act.id), now()) : act.state === "kept" ? { ...act, state: "queued" } : act));
    }
    if (ids.length) told("answered");
    return waitingForResult(await store.acts()).length === 0;
  }

  /** Pictures follow the acts that speak of them; one that is refused for good says so on its act. */
  async function pictures() {
    let waits = false;
    for (const { id, blob, act: about } of await store.photos()) {
      const act = (await store.acts()).find((one) => one.id === about || one.body.photo === id);
      // One without an act belongs to a form that is open yet.
      if (!act || !["applied", "merged"].includes(act.state)) continue;
      const { csrf } = await greet();
      const answer = await request(`/field/photos/${id}`, { method: "PUT", body: blob, headers: { "X-CSRFToken": csrf, "Content-Type": blob.type, Accept: "application/json" } });
      if (answer.ok) await store.forgetPhoto(id);
      else if (answer.status === 409) waits = true;
      else if (answer.status === 400 || answer.status === 403) refuse();
      else {
        const { detail = `${answer.status}` } = await answer.json().catch(() => ({}));
        await store.changeActs([act.id], (one) => ({ ...one, state: "refused", why: detail, answered: now() }));
        await store.refusePhoto(id, detail);
      }
    }
    return !waits;
  }

  async function work() {
    while (await step()) tries = 0;
    const isKnown = await results();
    const isSeen = await pictures();
    if (!isKnown || !isSeen) throw new NotNow();
  }

  async function run() {
    isReached = false;
    try {
      do {
        again = false;
        if (!isRefused) greeting = null;
        await once(work);
      } while (again);
      tries = 0;
      if (isReached) told("sent");
    } catch (error) {
      if (error instanceof Stopped) {
        greeting = null;
        told(error.reason, error.detail);
      } else {
        if (!(error instanceof NotNow)) console.warn(error);
        wait(Math.max(error.after ?? 0, pause(tries++, random())));
        told("not now");
      }
    }
  }

  function wait(milliseconds) {
    clearTimeout(timer);
    timer = later(() => send(), milliseconds);
  }

  /** Send what there is; a call while one is at it makes it look again. */
  function send({ fresh = false } = {}) {
    clearTimeout(timer);
    if (fresh) tries = 0;
    again = true;
    running ??= run().finally(() => { running = null; });
    return running;
  }

  return { send };
}
