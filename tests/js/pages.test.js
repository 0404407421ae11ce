// Pages out of the stored day.
import assert from "node:assert/strict";
import { test } from "node:test";
import { escape, pageAt } from "../../static/js/field/pages.js";

const [STOP, VISIT, OTHER] = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222", "33333333-3333-4333-8333-333333333333"];
const stop = (id, name, more = {}) => ({
  id, account: `account ${name}`, status: "ahead", visit: null,
  pieces: { card: `<b>${name}</b>`, row: `<li>${name}</li>`, done: `<li>done ${name}</li>`, skipped: `<li>skipped ${name}</li>` },
  pages: {
    stop: { title: name, heading: name, back: "/field/", main: `about ${name}`, actions: `<a href="/field/visits/VISIT-ID">go</a>` },
    visit: { title: name, heading: name, back: "/field/", main: `<form data-values="VISIT-ID">`, actions: "" },
  },
  ...more,
});
const DAY = { days: [{ day: "2026-11-23", label: "Monday", strip: "<nav>", map: "<svg>", stops: [stop(STOP, "Alpha"), stop(OTHER, "Beta")] }], accounts: [], pages: { "/field/near": { title: "Near" } } };
const TEXTS = { today: "Today", after_that: "After", behind_you: "Behind", done_of: "{done} of {all}", day_done: "Done.", outcomes: { order: "Order" }, a_visit: "A visit", under_way: "Here" };
const LOCAL = { today: "2026-11-23", time: (at) => at.slice(11, 16) };
const at = (path, acts = []) => pageAt(new URL(path, "https://phone.example"), DAY, acts, TEXTS, LOCAL);
const act = (kind, body, seq = 1) => ({ kind, body, seq, at: "2026-11-23T09:30:00.000Z", state: "queued" });

test("the home page has the next stop large, the others behind it, and the stop's actions", () => {
  const page = at("/field/");
  assert.match(page.main, /<nav>[^]*data-status="ahead"><b>Alpha<\/b>[^]*<svg>[^]*After[^]*<li>Beta<\/li>/);
  assert.match(page.actions, /data-status="ahead"/);
  assert.match(page.top, /0 of 2/);
  assert.equal(at("/field/?day=2026-12-01"), null);
});

test("what was done here is on the page", () => {
  const page = at("/field/", [act("arrived", { stop: STOP, visit: VISIT }), act("skipped", { stop: OTHER }, 2)]);
  assert.match(page.main, /data-status="arrived"/);
  assert.match(page.actions, new RegExp(`/field/visits/${VISIT}`));
  assert.match(page.main, /Behind[^]*skipped Beta/);
});

test("a stop that was arrived at leads to its visit, under the id made on the phone", () => {
  assert.match(at(`/field/stops/${STOP}`).main, /about Alpha/);
  const acts = [act("arrived", { stop: STOP, visit: VISIT })];
  assert.equal(at(`/field/stops/${STOP}`, acts).to, `/field/visits/${VISIT}`);
  const page = at(`/field/visits/${VISIT}`, acts);
  assert.match(page.main, new RegExp(VISIT));
  assert.equal(page.arrived, "2026-11-23T09:30:00.000Z");
});

test("a finished visit shows what was logged, never as markup", () => {
  const acts = [act("finished", { stop: STOP, visit: VISIT, outcome: "order", note: "<script>alert(1)</script>" })];
  const page = at(`/field/visits/${VISIT}`, acts);
  assert.match(page.main, /Order[^]*&#60;script&#62;/);
  assert.equal(escape(`<a b="c">'&`), "&#60;a b=&#34;c&#34;&#62;&#39;&#38;");
});

test("other pages are those that were stored at their address", () => {
  assert.equal(at("/field/near").title, "Near");
  assert.equal(at("/field/elsewhere"), null);
  assert.equal(at("/field/stops/nonsense"), null);
});

test("a visit on no plan has the form that fits any", () => {
  const day = { ...DAY, accounts: [{ id: OTHER, name: "O'Brien" }], pieces: { visit: { main: `<form data-values="VISIT-ID ACCOUNT-ID">`, actions: "" } } };
  const page = pageAt(new URL(`/field/visits/${VISIT}`, "https://phone.example"), day, [act("arrived", { visit: VISIT, account: OTHER })], TEXTS, LOCAL);
  assert.deepEqual([page.heading, page.main], ["O&#39;Brien", `<form data-values="${VISIT} ${OTHER}">`]);
  assert.match(pageAt(new URL("/field/", "https://phone.example"), day, [act("arrived", { visit: VISIT, account: OTHER })], TEXTS, LOCAL).main, /O&#39;Brien/);
});

test("how far an arrival was from the address is told, and whether it was too far for certain", () => {
  const near = stop(STOP, "Alpha", { lon: 0, lat: 0, radius_metres: 150 });
  const day = { ...DAY, days: [{ ...DAY.days[0], stops: [near] }] };
  const away = (lon, accuracy, more = []) => pageAt(new URL(`/field/visits/${VISIT}`, "https://phone.example"), day,
    [{ ...act("arrived", { stop: STOP, visit: VISIT }), place: { lon, lat: 0, accuracy } }, ...more], TEXTS, LOCAL).away;
  assert.deepEqual([away(0.002, 10).is_far, away(0.002, 100).is_far, away(0.001, 10).is_far], [true, false, false]);
  assert.equal(Math.round(away(0.002, 10).metres), 222);
  assert.equal(away(0.002, 10, [act("arrived", { stop: STOP, visit: VISIT, far_reason: "Parking" }, 2)]).why, "Parking");
  assert.equal(away(90, 10), null);
});
