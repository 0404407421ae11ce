// The day as it stands: what the server last said, and on top of it what was done on this phone since. Pure.

const WITHOUT_EFFECT = ["refused", "conflict", "left"];

/** Acts that the stored day cannot know of yet, in the order of doing. */
export const newer = (acts) =>
  acts.filter((act) => !act.in_day && !act.amended_by && !WITHOUT_EFFECT.includes(act.state)).sort((one, other) => one.seq - other.seq);

const CHANGES = {
  arrived: (stop, { body, at }) => (isOver(stop) ? stop : { ...stop, status: "arrived", visit: body.visit, arrived: at }),
  finished: (stop, { body, at }) => ({ ...stop, status: "done", visit: body.visit, log: { ...body, at } }),
  skipped: (stop, { body }) => (stop.status === "done" ? stop : { ...stop, status: "skipped", reason: body.reason }),
  unskipped: (stop) => (stop.status === "skipped" ? { ...stop, status: "ahead" } : stop),
};

const isOver = ({ status }) => status === "done" || status === "skipped";
const isAbout = (stop, { body }) => (body.stop ? body.stop === stop.id : Boolean(body.visit) && body.visit === stop.visit);

/** A day's stops with their status and order as they stand. */
export function stopsOf(day, acts) {
  let stops = day.stops.map((stop) => ({ ...stop }));
  for (const act of newer(acts)) {
    if (act.kind === "reordered" && act.body.day === day.day) stops = inOrder(stops, act.body.stops);
    else if (CHANGES[act.kind]) stops = stops.map((stop) => (isAbout(stop, act) ? CHANGES[act.kind](stop, act) : stop));
  }
  return stops;
}

/** Those that are ahead in the order said, in the places that they had among them. */
function inOrder(stops, ids) {
  const ahead = stops.filter((stop) => stop.status === "ahead");
  const rank = (stop) => (ids.includes(stop.id) ? ids.indexOf(stop.id) : ids.length + ahead.indexOf(stop));
  const sorted = [...ahead].sort((one, other) => rank(one) - rank(other));
  return stops.map((stop) => (stop.status === "ahead" ? sorted.shift() : stop));
}

/** What the page of a day shows: the next stop, those after it, those behind, a visit under way that is on no plan. */
export function standing(day, acts) {
  const stops = stopsOf(day, acts);
  const ahead = stops.filter((stop) => !isOver(stop));
  ahead.sort((one, other) => (other.status === "arrived") - (one.status === "arrived"));
  return {
    stops, next: ahead[0] ?? null, later: ahead.slice(1), over: stops.filter(isOver),
    done: stops.filter(({ status }) => status === "done").length, all: stops.length,
  };
}

/** The stop on whose behalf a visit was begun, and its day; null where it is on no stored plan. */
export function stopOfVisit(days, acts, visit) {
  for (const day of days) {
    const stop = stopsOf(day, acts).find((one) => one.visit === visit);
    if (stop) return { day, stop };
  }
  return null;
}

/** A visit that this phone began outside any plan and that is not finished. */
export function underWay(days, acts) {
  const mine = acts.filter(({ state }) => !WITHOUT_EFFECT.includes(state));
  const finished = new Set(mine.filter(({ kind }) => kind === "finished").map(({ body }) => body.visit));
  const begun = mine.filter(({ kind, body }) => kind === "arrived" && !body.stop && !finished.has(body.visit));
  return begun.filter(({ body }) => !stopOfVisit(days, acts, body.visit)).at(-1) ?? null;
}
