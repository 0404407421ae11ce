// The page at an address, out of the stored day and what was done since. Pure: HTML comes in pieces from the server's own templates, texts are escaped here.
import { metresBetween } from "./reorder.js";
import { newer, standing, stopOfVisit, stopsOf, underWay } from "./standing.js";

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const ADDRESSES = [
  ["today", /^\/field\/$/],
  ["stop", new RegExp(`^/field/stops/(${UUID})$`)],
  ["visit", new RegExp(`^/field/visits/(${UUID})$`)],
  ["account", new RegExp(`^/field/accounts/(${UUID})$`)],
];
const VISIT = /VISIT-ID/g;
/** From further away nobody checks in: the phone is mistaken (`gcrm/visits/proof.py`). */
const FURTHEST_METRES = 500_000;

export const escape = (text) => String(text ?? "").replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** The names of an address's page and what it is about. */
function addressed({ pathname }) {
  for (const [name, pattern] of ADDRESSES) {
    const found = pattern.exec(pathname);
    if (found) return { name, about: found[1] };
  }
  return { name: "other", about: pathname };
}

/**
 * {title, heading (both HTML), back, main, actions, top, status, visit, arrived, away} for an address, {to} for one whose page is elsewhere by now, or null: not stored.
 * `status` decides which of the parts marked by data-when are shown.
 */
export function pageAt(url, day, acts, texts, local) {
  const { name, about } = addressed(url);
  if (name === "today") return today(url.searchParams.get("day"), day, acts, texts, local);
  if (name === "stop") return stop(about, day, acts, local);
  if (name === "account") return account(about, day, acts);
  if (name === "visit") return visit(about, day, acts, texts, local);
  return day.pages?.[about] ?? null;
}

/** A stored day without stops, for when the server's own page of it cannot be had. */
export function withoutStops(url, day, texts, local) {
  const shown = addressed(url).name === "today" && dayFor(url.searchParams.get("day"), day, local.today);
  if (!shown) return null;
  const links = [["near", texts.near], ["evening", texts.evening]].map(([name, label]) => `<li><a class="list-row" href="/field/${name}"><span class="list-text"><strong>${escape(label)}</strong></span></a></li>`);
  const main = `${shown.strip}<section class="empty"><h2>${escape(texts.no_plan)}</h2><p>${escape(texts.no_plan_more)}</p></section><ul class="list">${links.join("")}</ul>`;
  return { title: shown.label, heading: shown.label, back: "", main, actions: "" };
}

const named = (html, visit) => (html ?? "").replace(VISIT, visit ?? "");

/** The day that is asked for; without one today, and before any stored day the first. */
const dayFor = (wanted, { days }, today) => days.find(({ day }) => day === (wanted || today)) ?? null;

const isOn = (status, html) => html && `<div data-status="${status}">${html}</div>`;

function today(wanted, day, acts, texts, local) {
  const shown = dayFor(wanted, day, local.today);
  if (!shown?.stops.length) return null;
  const stands = standing(shown, acts, known(day, acts));
  const { next, later, over, done, all } = stands;
  const isToday = shown.day === local.today;
  const begun = isToday && underWay(day.days, acts);
  const list = (head, stops) => stops.length && `<h2 class="list-head">${escape(head)}</h2><ol class="list">${stops.map((one) => row(one, day, local)).join("")}</ol>`;
  const finished = `<section class="card card-done"><h2>${escape(texts.day_done)}</h2></section>`;
  const isLocal = stands.stops.some((one) => one.is_estimated);
  const main = [
    shown.strip,
    begun && underWayCard(begun, day, texts),
    next ? isOn(next.status, piece(next, "card", day, local)) : finished,
    isLocal && `<p class="small">${escape(texts.local_times)}</p>`,
    shown.map && `<a class="field-map" href="/field/map${isToday ? "" : `?day=${escape(shown.day)}`}">${shown.map}</a>`,
    next && lateCard(shown.pieces?.late, stands, day, texts, local),
    next && shown.pieces?.replan,
    orderCard(shown.pieces?.order, stands.ahead, day, local),
    shown.pieces?.changes,
    list(texts.after_that, later),
    list(texts.behind_you, over),
    shown.pieces?.after,
  ];
  const actions = next ? isOn(next.status, next.is_added ? addedActions(next, day) : named(next.pages.stop.actions, next.visit)) : "";
  return {
    title: isToday ? escape(texts.today) : shown.label, heading: shown.label, back: "", main: main.filter(Boolean).join("\n"), actions,
    top: `<span class="quiet number">${escape(texts.done_of.replace("{done}", done).replace("{all}", all))}</span>`,
  };
}

/** Accounts that the phone knows: the stored ones and the prospects made here since. */
export function known(day, acts) {
  const made = newer(acts).filter(({ kind }) => kind === "prospect_added");
  return [...(day.accounts ?? []), ...made.map(({ body }) => ({ ...body, id: body.account, status: "prospect" }))];
}

/** A piece of a stop as it stands: an estimated time says that it is one. */
function piece(stop, name, day, local) {
  const html = stop.is_added ? filledIn(day.pieces?.[`added_${name}`], stop) : named(stop.pieces[name], stop.visit);
  return stop.is_estimated ? html.replace(/( data-start>)[^<]*/g, (_, before) => `${before}≈ ${escape(local.time(stop.start_at))}`) : html;
}

const ROWS = { done: "done", skipped: "skipped" };
const row = (stop, day, local) => piece(stop, stop.is_added ? "row" : (ROWS[stop.status] ?? "row"), day, local);

/** A piece that fits any stop, with its id, name, address and account. */
const filledIn = (html, { id, name, address, account: about }) =>
  (html ?? "").replace(/STOP-ID/g, escape(id)).replace(/ACCOUNT-ID/g, escape(about)).replace(/ACCOUNT-NAME/g, escape(name)).replace(/ACCOUNT-ADDRESS/g, escape(address));

/** What the delay that was told does to the stops ahead, in the words of the server's page. */
function lateCard(html, { late, ahead }, day, texts, local) {
  if (!html || !late) return html;
  const broken = late.stops.filter(({ breaks }) => breaks).length;
  const fill = (text, at) => text.replace("{time}", local.time(at));
  const rows = late.stops.map(({ start_at: start, late_seconds: seconds, breaks }, index) => {
    const said = breaks ? fill(texts.too_late, ahead[index].start_at) : seconds ? fill(texts.instead_of, ahead[index].start_at) : texts.as_planned;
    return (day.pieces?.[breaks ? "late_row_broken" : "late_row"] ?? "").replace("ROW-NAME", () => escape(ahead[index].name)).replace("ROW-SAID", () => escape(said)).replace("ROW-TIME", () => escape(local.time(start)));
  });
  const sum = broken ? texts.stops_too_late.replace("{number}", broken) : late.stops.at(-1)?.late_seconds === 0 ? texts.catch_up : texts.all_kept;
  const told = texts.told_late.replace("{minutes}", late.minutes).replace("{time}", local.time(late.at));
  return html
    .replace(/( data-late-head>)[^<]*/, (_, before) => before + escape(told))
    .replace(`value="${late.minutes}" aria-pressed="false"`, `value="${late.minutes}" aria-pressed="true"`)
    .replace(" data-on-time hidden", " data-on-time")
    .replace("<div data-late-rows></div>", () => (rows.length ? `<p class="small">${escape(sum)}</p><ol class="list">${rows.join("")}</ol>` : ""))
    .replace('id="late"', broken ? 'id="late" open' : 'id="late"');
}

/** The stops ahead with their buttons; the first cannot go up nor the last down. */
function orderCard(html, ahead, day, local) {
  if (!html || ahead.length < 2) return "";
  const rows = ahead.map((stop, index) => {
    const one = piece(stop, "order", day, local);
    return one.replace('value="up"', index ? 'value="up"' : 'value="up" disabled').replace('value="down"', index < ahead.length - 1 ? 'value="down"' : 'value="down" disabled');
  });
  return html.replace(/( data-order>)\s*/, (_, before) => before + rows.join(""));
}

function underWayCard({ body }, day, texts) {
  const name = day.accounts?.find(({ id }) => id === body.account)?.name ?? texts.a_visit;
  return `<a class="card card-next list-row" href="/field/visits/${escape(body.visit)}"><span class="list-text"><strong>${escape(name)}</strong>`
    + `<span>${escape(texts.under_way)}</span></span></a>`;
}

function stop(id, day, acts, local) {
  for (const one of day.days) {
    const found = stopsOf(one, acts, known(day, acts)).find((each) => each.id === id);
    if (found?.status === "arrived" && found.visit) return { to: `/field/visits/${found.visit}` };
    if (found?.is_added) return { ...account(found.account, day, acts), actions: isOn(found.status, addedActions(found, day)) };
    if (found) return filled({ ...found.pages.stop, main: piece({ ...found, pieces: found.pages.stop }, "main", day, local) }, found);
  }
  return null;
}

/** The check-in of a stop that this phone added: the account's, and it names the stop. */
const addedActions = (stop, day) =>
  filledIn(day.pieces?.account?.actions, stop).replace(`${stop.account}&#34;`, `${stop.account}&#34;, &#34;stop&#34;: &#34;${stop.id}&#34;`);

/** An account on no plan, as far as the phone knows it. */
function account(id, day, acts) {
  const found = known(day, acts).find((one) => one.id === id);
  if (!found || !day.pieces?.account) return null;
  const about = { ...found, account: id, address: [found.street, found.city].filter(Boolean).join(", ") };
  const { main, actions } = day.pieces.account;
  const phone = found.phone ? main : main.replace(/<div class="pair" data-reach>[^]*?<\/div>/, "");
  const filledMain = filledIn(phone, about).replace(/ACCOUNT-PHONE/g, encodeURIComponent((found.phone ?? "").replace(/ /g, "")).replace(/%2B/g, "+"));
  return { title: escape(found.name), heading: escape(found.name), back: "/field/", main: filledMain, actions: filledIn(actions, about) };
}

const filled = (page, { visit, status, arrived }) =>
  ({ ...page, main: named(page.main, visit), actions: named(page.actions, visit), status, visit, arrived });

function visit(id, day, acts, texts, local) {
  const found = stopOfVisit(day.days, acts, id, known(day, acts));
  const mine = newer(acts).filter(({ body }) => body.visit === id);
  const log = mine.find(({ kind }) => kind === "finished") ?? acts.findLast(({ kind, body }) => kind === "finished" && body.visit === id);
  const begun = mine.find(({ kind }) => kind === "arrived");
  if (log && !["refused", "conflict", "left"].includes(log.state)) return logged(log, found, texts, local);
  const away = awayFrom(mine, found?.stop ?? known(day, acts).find((one) => one.id === begun?.body.account));
  if (found && !found.stop.is_added) return { ...filled(found.stop.pages.visit, { ...found.stop, visit: id, arrived: begun?.at ?? found.stop.arrived }), away };
  return begun && day.pieces?.visit ? { ...anywhere(begun, day, acts, texts), away } : null;
}

/** How far from its account this phone arrived, and what was said about it: {metres, radius, is_far, why}; nothing where no position was taken. */
function awayFrom(mine, there) {
  const arrivals = mine.filter(({ kind }) => kind === "arrived");
  const place = arrivals[0]?.place;
  const why = arrivals.map(({ body }) => body.far_reason).find(Boolean);
  if (!place || there?.lon == null) return why ? { why } : null;
  const metres = metresBetween(place, there);
  if (metres > FURTHEST_METRES) return null;
  const { radius_metres: radius } = there;
  return { metres, accuracy: place.accuracy, radius, why, is_far: Boolean(radius) && metres - (place.accuracy ?? 0) > radius };
}

/** A visit on no plan. */
function anywhere({ body, at }, day, acts, texts) {
  const name = escape(known(day, acts).find(({ id }) => id === body.account)?.name ?? texts.a_visit);
  const page = filled(day.pieces.visit, { visit: body.visit, status: "arrived", arrived: at });
  const stop = body.stop ? `${body.account}&#34;, &#34;stop&#34;: &#34;${body.stop}` : body.account;
  return { ...page, main: page.main.replace(/ACCOUNT-ID(?=&#34;)/g, stop).replace(/ACCOUNT-ID/g, body.account), title: name, heading: name, back: "/field/" };
}

/** What was logged on this phone, read back out of its act. */
function logged({ body, at }, found, texts, local) {
  const { outcome, note, next_step: step, next_step_on: by } = body;
  const main = `<section class="card"><h2>${escape(texts.outcomes?.[outcome] ?? outcome)}</h2><p class="quiet">${escape(local.time(at))}</p>`
    + (note ? `<p>${escape(note)}</p>` : "") + (step ? `<p>${escape(step)}${by ? ` · ${escape(by)}` : ""}</p>` : "") + "</section>";
  const name = found?.stop.pages?.visit.title ?? escape(found?.stop.name ?? texts.a_visit);
  return { title: name, heading: name, back: found?.stop.pages?.visit.back ?? "/field/", main, actions: "" };
}
