// The day as it stands: what the server last said, and on top of it what was done on this phone since. Pure.
import { late } from "./late.js";
import { cheapest } from "./nearby.js";
import { secondsBetween } from "./reorder.js";

const WITHOUT_EFFECT = ["refused", "conflict", "left"];

/** Acts that the stored day cannot know of yet, in the order of doing. */
export const newer = (acts) =>
  acts.filter((act) => !act.in_day && !act.amended_by && !WITHOUT_EFFECT.includes(act.state)).sort((one, other) => one.seq - other.seq);

const CHANGES = {
  // Who says why an arrival was far says it by arriving again: the first moment stays.
  arrived: (stop, { body, at }) => (isOver(stop) ? stop : { ...stop, status: "arrived", visit: body.visit, arrived: stop.arrived ?? at }),
  finished: (stop, { body, at }) => ({ ...stop, status: "done", visit: body.visit, log: { ...body, at } }),
  skipped: (stop, { body }) => (stop.status === "done" ? stop : { ...stop, status: "skipped", reason: body.reason }),
  unskipped: (stop) => (stop.status === "skipped" ? { ...stop, status: "ahead" } : stop),
};

const isOver = ({ status }) => status === "done" || status === "skipped";
const isAhead = ({ status }) => status === "ahead";
const isAbout = (stop, { body }) => (body.stop ? body.stop === stop.id : Boolean(body.visit) && body.visit === stop.visit);

/** A day's stops with their status and order as they stand; `accounts` are those that may have been added. */
export function stopsOf(day, acts, accounts = []) {
  let stops = day.stops.map((stop) => ({ ...stop }));
  let isMoved = false;
  for (const act of newer(acts)) {
    const isOfDay = act.body.day === day.day;
    if (act.kind === "reordered" && isOfDay) stops = inOrder(stops, act.body.stops);
    else if (act.kind === "added" && isOfDay) stops = withAdded(stops, act.body, accounts);
    else if (CHANGES[act.kind]) stops = stops.map((stop) => (isAbout(stop, act) ? CHANGES[act.kind](stop, act) : stop));
    isMoved ||= isOfDay && (act.kind === "reordered" || act.kind === "added");
  }
  const isAsPlanned = stops.length === day.stops.length && stops.every(({ id }, place) => id === day.stops[place].id);
  return isMoved && !isAsPlanned ? timed(stops, day.stops) : stops;
}

/** Those that are ahead in the order said, in the places that they had among them. */
function inOrder(stops, ids) {
  const ahead = stops.filter(isAhead);
  const rank = (stop) => (ids.includes(stop.id) ? ids.indexOf(stop.id) : ids.length + ahead.indexOf(stop));
  const sorted = [...ahead].sort((one, other) => rank(one) - rank(other));
  return stops.map((stop) => (stop.status === "ahead" ? sorted.shift() : stop));
}

const CALL_MINUTES = 30;

/** With one more stop, where it adds the least driving; one that stands on the day already only comes back. */
function withAdded(stops, { account, stop: id }, accounts) {
  if (stops.some((stop) => stop.account === account && !isOver(stop))) return stops;
  const known = accounts.find((one) => one.id === account) ?? {};
  const minutes = known.minutes ?? CALL_MINUTES;
  const made = {
    id, account, name: known.name ?? "", status: "ahead", visit: null, is_added: true, is_fixed: false, latest_at: null, lon: known.lon ?? null,
    lat: known.lat ?? null, address: [known.street, known.city].filter(Boolean).join(", "), radius_metres: known.radius_metres, seconds: minutes * 60,
  };
  const ahead = stops.filter(isAhead);
  const index = made.lon === null ? ahead.length : cheapest(ahead, made).index;
  const after = ahead[index - 1] ?? stops.filter((stop) => !isAhead(stop)).at(-1);
  const place = after ? stops.indexOf(after) + 1 : 0;
  return [...stops.slice(0, place), made, ...stops.slice(place)];
}

const lasts = ({ seconds, start_at: start, depart_at: depart }) => (seconds ?? (Date.parse(depart) - Date.parse(start)) / 1000);
const drive = (from, to) => (from?.lon != null && to.lon != null ? secondsBetween(from, to) : 0);
const iso = (milliseconds) => new Date(milliseconds).toISOString();

/** The stops ahead with times as far as straight lines tell, from when the first of them was to be reached; they say `is_estimated`. */
function timed(stops, planned) {
  const isStillAhead = ({ id }) => stops.some((stop) => stop.id === id && isAhead(stop));
  const [first] = planned.filter(isStillAhead).sort((one, other) => Date.parse(one.start_at) - Date.parse(other.start_at));
  if (!first?.start_at) return stops;
  let from = stops.filter((stop) => stop.status === "arrived" || stop.status === "done").at(-1) ?? null;
  let now = Date.parse(first.arrive_at ?? first.start_at) - (from ? drive(from, first) * 1000 : 0);
  return stops.map((stop) => {
    if (!isAhead(stop)) return stop;
    const arrive = now + (from ? drive(from, stop) * 1000 : 0);
    const start = stop.is_fixed ? Math.max(arrive, Date.parse(stop.start_at)) : arrive;
    now = start + lasts(stop) * 1000;
    from = stop;
    return { ...stop, arrive_at: iso(arrive), start_at: iso(start), depart_at: iso(now), is_estimated: true };
  });
}

/** How late the rep is, as told last: {minutes, at}; null for who is on time. */
function lateness(day, acts) {
  const told = newer(acts).filter(({ kind, body }) => kind === "late" && body.day === day.day).at(-1);
  const { minutes, at } = told ? { minutes: told.body.minutes, at: told.at } : { minutes: day.late_minutes, at: day.late_at };
  return minutes ? { minutes, at } : null;
}

/** What the page of a day shows: the next stop, those after it, those behind, how late it is and what that does to the stops ahead. */
export function standing(day, acts, accounts = []) {
  const stops = stopsOf(day, acts, accounts);
  const ahead = stops.filter((stop) => !isOver(stop));
  ahead.sort((one, other) => (other.status === "arrived") - (one.status === "arrived"));
  const told = lateness(day, acts);
  return {
    stops, next: ahead[0] ?? null, later: ahead.slice(1), over: stops.filter(isOver), ahead: stops.filter(isAhead),
    done: stops.filter(({ status }) => status === "done").length, all: stops.length,
    late: told && { ...told, stops: late(stops.filter(isAhead), told.minutes) },
  };
}

/** The stop on whose behalf a visit was begun, and its day; null where it is on no stored plan. */
export function stopOfVisit(days, acts, visit, accounts = []) {
  for (const day of days) {
    const stop = stopsOf(day, acts, accounts).find((one) => one.visit === visit);
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
