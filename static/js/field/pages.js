// The page at an address, out of the stored day and what was done since. Pure: HTML comes in pieces from the server's own templates, texts are escaped here.
import { newer, standing, stopOfVisit, stopsOf, underWay } from "./standing.js";

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const ADDRESSES = [
  ["today", /^\/field\/$/],
  ["stop", new RegExp(`^/field/stops/(${UUID})$`)],
  ["visit", new RegExp(`^/field/visits/(${UUID})$`)],
];
const VISIT = /VISIT-ID/g;

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
 * {title, heading (both HTML), back, main, actions, top, status, visit, arrived} for an address, {to} for one whose page is elsewhere by now, or null: not stored.
 * `status` decides which of the parts marked by data-when are shown.
 */
export function pageAt(url, day, acts, texts, local) {
  const { name, about } = addressed(url);
  if (name === "today") return today(url.searchParams.get("day"), day, acts, texts, local);
  if (name === "stop") return stop(about, day, acts);
  if (name === "visit") return visit(about, day, acts, texts, local);
  return day.pages?.[about] ?? null;
}

const named = (html, visit) => (html ?? "").replace(VISIT, visit ?? "");

/** The day that is asked for; without one today, and before any stored day the first. */
const dayFor = (wanted, { days }, today) => days.find(({ day }) => day === (wanted ?? today)) ?? null;

const isOn = (status, html) => html && `<div data-status="${status}">${html}</div>`;

function today(wanted, day, acts, texts, local) {
  const shown = dayFor(wanted, day, local.today);
  if (!shown?.stops.length) return null;
  const { next, later, over, done, all } = standing(shown, acts);
  const isToday = shown.day === local.today;
  const begun = isToday && underWay(day.days, acts);
  const row = (one) => named(one.pieces[one.status === "done" ? "done" : one.status === "skipped" ? "skipped" : "row"], one.visit);
  const list = (head, stops) => stops.length && `<h2 class="list-head">${escape(head)}</h2><ol class="list">${stops.map(row).join("")}</ol>`;
  const finished = `<section class="card card-done"><h2>${escape(texts.day_done)}</h2></section>`;
  const main = [
    shown.strip,
    begun && underWayCard(begun, day, texts),
    next ? isOn(next.status, named(next.pieces.card, next.visit)) : finished,
    shown.map && `<a class="field-map" href="/field/map${isToday ? "" : `?day=${escape(shown.day)}`}">${shown.map}</a>`,
    shown.pieces?.before,
    list(texts.after_that, later),
    list(texts.behind_you, over),
    shown.pieces?.after,
  ];
  const actions = next ? isOn(next.status, named(next.pages.stop.actions, next.visit)) : "";
  return {
    title: isToday ? escape(texts.today) : shown.label, heading: shown.label, back: "", main: main.filter(Boolean).join("\n"), actions,
    top: `<span class="quiet number">${escape(texts.done_of.replace("{done}", done).replace("{all}", all))}</span>`,
  };
}

function underWayCard({ body }, day, texts) {
  const name = day.accounts?.find(({ id }) => id === body.account)?.name ?? texts.a_visit;
  return `<a class="card card-next list-row" href="/field/visits/${escape(body.visit)}"><span class="list-text"><strong>${escape(name)}</strong>`
    + `<span>${escape(texts.under_way)}</span></span></a>`;
}

function stop(id, day, acts) {
  for (const one of day.days) {
    const found = stopsOf(one, acts).find((each) => each.id === id);
    if (found?.status === "arrived" && found.visit) return { to: `/field/visits/${found.visit}` };
    if (found) return filled(found.pages.stop, found);
  }
  return null;
}

const filled = (page, { visit, status, arrived }) =>
  ({ ...page, main: named(page.main, visit), actions: named(page.actions, visit), status, visit, arrived });

function visit(id, day, acts, texts, local) {
  const found = stopOfVisit(day.days, acts, id);
  const mine = newer(acts).filter(({ body }) => body.visit === id);
  const log = mine.find(({ kind }) => kind === "finished") ?? acts.findLast(({ kind, body }) => kind === "finished" && body.visit === id);
  const begun = mine.find(({ kind }) => kind === "arrived");
  if (log && !["refused", "conflict", "left"].includes(log.state)) return logged(log, found, texts, local);
  if (found) return filled(found.stop.pages.visit, { ...found.stop, visit: id, arrived: begun?.at ?? found.stop.arrived });
  return begun && day.pieces?.visit ? anywhere(begun, day, texts) : null;
}

/** A visit on no plan. */
function anywhere({ body, at }, day, texts) {
  const name = escape(day.accounts?.find(({ id }) => id === body.account)?.name ?? texts.a_visit);
  const page = filled(day.pieces.visit, { visit: body.visit, status: "arrived", arrived: at });
  return { ...page, main: page.main.replace(/ACCOUNT-ID/g, body.account), title: name, heading: name, back: "/field/" };
}

/** What was logged on this phone, read back out of its act. */
function logged({ body, at }, found, texts, local) {
  const { outcome, note, next_step: step, next_step_on: by } = body;
  const main = `<section class="card"><h2>${escape(texts.outcomes?.[outcome] ?? outcome)}</h2><p class="quiet">${escape(local.time(at))}</p>`
    + (note ? `<p>${escape(note)}</p>` : "") + (step ? `<p>${escape(step)}${by ? ` · ${escape(by)}` : ""}</p>` : "") + "</section>";
  const name = found?.stop.pages.visit.title ?? texts.a_visit;
  return { title: name, heading: name, back: found?.stop.pages.visit.back ?? "/field/", main, actions: "" };
}
