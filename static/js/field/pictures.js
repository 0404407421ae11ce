// Pictures of a visit while it is being written down: each is in the phone's store at once, its act is written with the visit's.
import { doAct, phone } from "./phone.js";

const key = (visit) => `pictures-${visit}`;

/** What was taken at a visit and not written down yet: [{id, kind, at, name}]. */
export const taken = async (visit) => (await (await phone())?.draft(key(visit))) ?? [];

const keepList = async (visit, list) => {
  const store = await phone();
  await (list.length ? store.keepDraft(key(visit), list) : store.forgetDraft(key(visit)));
};

/** Keep a picture; throws a QuotaExceededError where there is no room. */
export async function take(visit, kind, blob) {
  const store = await phone();
  const picture = { id: crypto.randomUUID(), kind, at: new Date().toISOString() };
  await store.keepPhoto(picture.id, blob);
  await keepList(visit, [...(await taken(visit)), picture]);
  return picture;
}

export async function drop(visit, id) {
  await (await phone()).forgetPhoto(id);
  await keepList(visit, (await taken(visit)).filter((picture) => picture.id !== id));
}

/** The picture itself, to be shown. */
export const blobOf = async (id) => (await (await phone()).photos()).find((photo) => photo.id === id)?.blob ?? null;

/** Write the acts of a visit's pictures of a kind; `more` is said with each. */
export async function write(visit, kind, more = {}) {
  const mine = (await taken(visit)).filter((picture) => picture.kind === kind);
  for (const { id, at } of mine) await doAct(kind, { photo: id, visit, taken_at: at, ...more }, { placing: more.keeps_place === true });
  await keepList(visit, (await taken(visit)).filter((picture) => picture.kind !== kind));
  return mine.length;
}
