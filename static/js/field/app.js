// The phone's page: put together from the stored day where it came out of the cache, brought up to date where it came from the server.
import { fill as put } from "../core/page.js";
import { start } from "../main.js";
import { events, fillTokens, phone, refresh, show as onScreen, state } from "./phone.js";
import { keepDrafts } from "./drafts.js";
import { pageAt, withoutStops } from "./pages.js";
import { known } from "./store.js";
import { showState } from "./state.js";
import { tapped, watchTaps } from "./tap.js";
import { fieldTexts, time, todayIn } from "./texts.js";
import { installWorker } from "./worker.js";

const main = () => document.getElementById("main");
let drawn = "";

export default async function app(body) {
  const isShell = body.dataset.shell !== undefined;
  // The page answers from here on (tests/benchmarks/bench_field_page.py): what is tapped before the store is open waits for it.
  if (!isShell) performance.mark("field-ready");
  watchTaps();
  const store = await phone();
  await introduce();
  showState();
  keepDrafts(store);
  if (isShell || (await isAhead(store))) await compose(isShell);
  events.addEventListener("changed", () => onScreen(async () => { if (isShell || drawn || (await isAhead())) await compose(isShell); }));
  events.addEventListener("stale", () => onScreen(() => fromServer(new URL(location.href))));
  document.addEventListener("submit", guard, true);
  if (isShell) performance.mark("field-ready");
  installWorker();
}

/** The name on the sheet of the page that is nobody's. */
async function introduce() {
  const name = document.querySelector("[data-person-name]");
  if (name && !name.textContent) name.textContent = (await known("open"))?.name ?? "";
}

/** True when this phone did what the server's page cannot show yet. */
async function isAhead(given) {
  const store = given ?? (await phone());
  if (!store || !(await store.day())) return false;
  return (await store.acts()).some((act) => ["placing", "queued", "sent", "kept"].includes(act.state));
}

/** A form that is no act wants the server: with the token of this session, and only where there is a connection. */
async function guard(event) {
  const form = event.target;
  const token = form.querySelector('input[name="csrf_token"]');
  if (form.method !== "post" || form.dataset.act || form.dataset.signOut !== undefined || !token || token.value) return;
  event.preventDefault();
  event.stopPropagation();
  await refresh();
  if (token.value) form.requestSubmit(event.submitter);
  else (await import("../core/toast.js")).say(fieldTexts().needs_connection, "error");
}

async function compose(isShell) {
  const store = await phone();
  const url = new URL(location.href);
  if (state.wiped) return show(note("wiped", state.wiped === true ? "" : state.wiped));
  const day = await store?.day();
  const acts = store ? await store.acts() : [];
  const local = { today: todayIn(day?.body.zone), time: (moment) => time(moment, day?.body.zone) };
  const own = document.getElementById(`page-${url.pathname.slice("/field/".length)}`);
  if (own) return show({ title: own.dataset.title, heading: own.dataset.title, back: "/field/", main: own.innerHTML, actions: "" });
  const page = day && pageAt(url, day.body, acts, fieldTexts(), local);
  if (page?.to) return location.replace(page.to);
  if (page) {
    await tapped();
    return show(page, day.body);
  }
  const other = () => (day && withoutStops(url, day.body, fieldTexts(), local)) ?? note(store ? "not_stored" : "nobody");
  const isAsked = main().dataset.own !== undefined || drawn === "server";
  return isShell && !isAsked ? fromServer(url, other) : undefined;
}

/** What the phone does not hold is asked of the server; where that cannot be reached, `other` says so, and without it the page stays as it is. */
async function fromServer(url, other) {
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    if (new URL(answer.url).pathname !== url.pathname || answer.status === 401) return location.replace(answer.redirected ? answer.url : `/login?next=${encodeURIComponent(url.pathname)}`);
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    await tapped();
    leavingOpen(() => {
      for (const part of [".field-top", "#main", ".field-actions", ".field-tabs", "#person", "#texts"]) swap(part, found);
    });
    document.title = found.title;
    drawn = "server";
    begin();
    events.dispatchEvent(new Event("state"));
  } catch {
    if (other) show(other());
  }
}

/** Change the page; what was unfolded or opened over it stays so, and the focus where it was. */
function leavingOpen(change) {
  const focused = document.activeElement?.id;
  const unfolded = [...main().querySelectorAll("details[open][id]")].map(({ id }) => id);
  const sheets = [...document.querySelectorAll(":popover-open[id]")].map(({ id }) => id);
  change();
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  for (const sheet of sheets.map((id) => document.getElementById(id))) if (sheet && !sheet.matches(":popover-open")) sheet.showPopover();
  if (focused) focusOn(document.getElementById(focused));
}

function swap(part, found) {
  const [now, next] = [document.querySelector(part), found.querySelector(part)];
  if (now && next) now.replaceWith(next);
  else if (next) document.querySelector("#toasts").before(next);
  else now?.remove();
}

/** A page that says one thing. */
function note(name, why = "") {
  const { [name]: text, [`${name}_title`]: title } = fieldTexts();
  const section = Object.assign(document.createElement("section"), { className: "empty" });
  for (const [tag, words] of [["p", text], ["p", why]]) if (words) section.append(Object.assign(document.createElement(tag), { textContent: words }));
  return { title, heading: title, back: name === "not_stored" ? "/field/" : "", main: section.outerHTML, actions: "" };
}

function show({ title, heading, back, main: html, actions, top = "", status, visit, arrived, away }, day) {
  const whole = JSON.stringify([heading, back, html, actions, top, status, away]);
  if (whole === drawn) return;
  // Somebody who is typing keeps the page as it is; what they do is an act like any other.
  const isTyping = drawn && main().contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
  if (isTyping) return;
  drawn = whole;
  leavingOpen(() => {
    document.title = `${plain(title)} · ${document.body.dataset.organisation || "gcrm"}`;
    document.querySelector(".field-top h1").innerHTML = heading;
    Object.assign(document.getElementById("back"), back ? { href: back, hidden: false } : { hidden: true });
    document.getElementById("top").innerHTML = top;
    for (const part of document.querySelectorAll(".face, .field-tabs")) part.hidden = Boolean(back);
    main().innerHTML = html;
    const bar = document.querySelector(".field-actions");
    bar.innerHTML = actions;
    fit(main(), status);
    fit(bar, status);
    bar.hidden = !bar.textContent.trim();
    document.body.dataset.at = back ? "page" : "home";
    fill(visit, arrived, day, away);
  });
  begin();
}

/** What HTML says, as text. */
const plain = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent;

/** Leave only the parts that fit the status as it stands, and nothing around them. */
function fit(root, page) {
  for (const part of root.querySelectorAll("[data-when]")) {
    const status = part.closest("[data-status]")?.dataset.status ?? page;
    if (status && !part.dataset.when.split(" ").includes(status)) part.remove();
    else if (part.localName === "div") part.replaceWith(...part.childNodes);
  }
  for (const part of root.querySelectorAll("[data-status]")) part.replaceWith(...part.childNodes);
}

/** Give the focus back; what became disabled by its own use hands it to its neighbour. */
function focusOn(element) {
  const next = element?.disabled ? [...element.parentElement.querySelectorAll("button:not([disabled])")][0] : element;
  next?.focus();
}

function fill(visit, arrived, day, away) {
  const line = main().querySelector("[data-arrived]");
  if (line && arrived) {
    line.querySelector("[data-arrived-time]").textContent = time(arrived, day?.zone);
    line.hidden = false;
    if (away?.metres !== undefined) tellAway(line, away);
  }
  askWhy(away);
  if (visit) for (const form of main().querySelectorAll("form#log")) form.dataset.draft ??= `visit-${visit}`;
}

/** How far the check-in was from the address, as the phone reckons it. */
function tellAway(line, { metres, accuracy, is_far: isFar }) {
  line.classList.toggle("is-unsure", isFar);
  const texts = fieldTexts();
  const far = metres >= 1000 ? put(texts.away_km, { distance: (metres / 1000).toFixed(1) }) : put(texts.away_m, { metres: Math.round(metres) });
  const span = line.querySelector("[data-arrived-away]");
  span.textContent = ` · ${far}${accuracy == null ? "" : ` (± ${Math.round(accuracy)} m)`}`;
  span.hidden = false;
}

/** The question why a check-in was far, where it was and nothing was said yet. */
function askWhy(away) {
  const card = main().querySelector("[data-far]");
  if (!card) return;
  if (away?.is_far && !away.why) {
    card.hidden = false;
    card.querySelector("h2").textContent = card.querySelector("h2").textContent.replace("RADIUS-METRES", away.radius);
  } else if (away?.why) card.replaceWith(Object.assign(document.createElement("p"), { className: "small", textContent: put(fieldTexts().why_far, { reason: away.why }) }));
  else if (card.hidden) card.remove();
}

function begin() {
  fillTokens();
  start(document.body);
  phone().then(keepDrafts);
}

