// The tools of the map. What they select stands in the filter's form, as hidden words `area` and `near`, and so in the address; the
// page's own script then follows. The sheet says how many there are and what can be done with them.
import { csrfToken, fill, json, number } from "../../core/page.js";
import { say } from "../../core/toast.js";
import { newest, wordsOf } from "../selection.js";
import { area, length } from "./geodesy.js";
import ground, { line, point } from "./ground.js";
import pen from "./pen.js";
import { encoded, fitsAddress, unwound } from "./shapes.js";

const RADIUS = 2000;
const METRES_PER_DEGREE = 111195;
const WORDS = ["area", "near"];
const phone = matchMedia("(max-width: 767.98px)");
const ACTS = ["tag-dialog", "assign-dialog", "plan-dialog"];

const metres = (value) => (value < 1000 ? `${number(Math.round(value))} m` : `${number(value / 1000)} km`);
const squared = (value) => (value < 1e5 ? `${number(Math.round(value))} m²` : `${number(value / 1e6)} km²`);

async function sent(url, body) {
  const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": csrfToken(), Accept: "application/json",
    ...(typeof body === "string" ? { "Content-Type": "application/json" } : {}) } });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail);
  return said;
}

export default function tools(map, form, settings) {
  const sheet = document.getElementById("tool-sheet");
  if (!sheet) return;
  const menu = document.getElementById("tools");
  const texts = json("tool-texts");
  const draw = ground(map, settings);
  const fetchSheet = newest();
  const { selected, shape, areas, reach, along } = sheet.dataset;
  let adding = false;
  let known = null;
  let showing = false;
  let busy = false;

  // -- the words of the selection ---------------------------------------------------------------------------------------
  const valuesOf = (name) => [...form.querySelectorAll(`input[type="hidden"][name="${name}"]`)].map((input) => input.value);
  const put = (name, values) => {
    form.querySelectorAll(`input[type="hidden"][name="${name}"]`).forEach((input) => input.remove());
    for (const value of values) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  };
  const choose = (words) => {
    for (const name of WORDS) if (name in words || !adding) put(name, words[name] ?? []);
    adding = false;
    form.dispatchEvent(new Event("change", { bubbles: true }));
    follow();
  };
  const chooseArea = (value) => choose({ area: adding ? [...valuesOf("area"), value] : [value] });

  // -- the sheet --------------------------------------------------------------------------------------------------------
  const showSheet = (page) => {
    const open = sheet.querySelector(".sheet-list")?.open ?? !phone.matches;
    sheet.replaceChildren(...page.body.childNodes);
    sheet.hidden = false;
    const list = sheet.querySelector(".sheet-list");
    if (list) list.open = open;
  };
  // Bring a ring into the part of the map that the sheet leaves free.
  const bring = ([lon, lat, radius]) => {
    const [high, wide] = [radius / METRES_PER_DEGREE, radius / METRES_PER_DEGREE / Math.cos(lat * Math.PI / 180)];
    const free = { ...map.roomAround, top: 72, bottom: map.roomAround.bottom + sheet.offsetHeight };
    map.fitBounds([[lon - wide, lat - high], [lon + wide, lat + high]], { padding: free });
  };
  const close = () => { sheet.hidden = true; sheet.replaceChildren(); draw("way", []); };
  const outlines = async (query) => {
    try {
      const answer = await fetch(`${shape}?${query}`);
      if (answer.ok) draw("selection", (await answer.json()).features);
    } catch { /* The counts stand without the outline. */ }
  };
  const follow = async () => {
    const words = wordsOf(form);
    const mine = new URLSearchParams(WORDS.flatMap((name) => words.getAll(name).map((value) => [name, value])));
    for (const id of ACTS) {
      const dialog = document.getElementById(id);
      if (dialog) dialog.dataset.url = `${dialog.dataset.url.split("?")[0]}?${words}`;
    }
    if (known === words.toString()) return;
    const before = new URLSearchParams(known ?? "");
    known = words.toString();
    if (!mine.size) {
      draw("selection", []);
      if (WORDS.some((name) => before.has(name))) close();
      return;
    }
    if (WORDS.some((name) => before.getAll(name).join() !== mine.getAll(name).join())) outlines(mine);
    const page = await fetchSheet(`${selected}?${words}`);
    if (!page) return;
    showSheet(page);
    if (showing && mine.has("near")) bring(mine.get("near").split(",").map(Number));
    showing = false;
  };

  // -- what each tool does ----------------------------------------------------------------------------------------------
  const tell = (error) => say(error.message || texts.failed, "error");
  const work = async (task) => {
    if (busy) return;
    busy = true;
    try { await task(); } catch (error) { tell(error); } finally { busy = false; }
  };
  const drawn = async (kind) => {
    const found = await pen(map, kind, texts);
    if (!found) { adding = false; return; }
    const ring = unwound(found);
    if (fitsAddress(ring)) return chooseArea(encoded(ring));
    const kept = await sent(areas, JSON.stringify({ geometry: { type: "Polygon", coordinates: [[...ring, ring[0]]] } }));
    if (kept.note) say(kept.note);
    return chooseArea(kept.area);
  };
  const middle = () => { const { lng, lat } = map.getCenter().wrap(); return [lng, lat]; };
  const position = () => new Promise((resolve) => {
    if (!navigator.geolocation) { say(texts.no_position); return resolve(middle()); }
    return navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve([coords.longitude, coords.latitude]),
      () => { say(texts.no_position); resolve(middle()); },
      { enableHighAccuracy: true, timeout: 8000, maximumAge: 60000 },
    );
  });
  const near = ([lon, lat, radius = RADIUS]) => {
    const place = [lon.toFixed(6), lat.toFixed(6)].map(Number);
    showing = true;
    choose({ near: [[...place, radius].join(",")] });
  };
  const measure = () => {
    const shown = (points) => (points.length < 2 ? "" : [metres(length(points)), ...(points.length > 2 ? [squared(area(points))] : [])].join(" · "));
    return pen(map, "measure", texts, shown).then((points) => {
      draw("measure", points ? [line("measure", points)] : []);
      if (points) say(shown(points));
    });
  };
  const showAlong = async (words) => {
    const page = await fetchSheet(`${along}?${new URLSearchParams([...wordsOf(form), ...Object.entries(words)])}`);
    if (!page) throw new Error(texts.failed);
    showSheet(page);
    const { line: way = "[]", points = "[]" } = sheet.querySelector(".sheet-figure").dataset;
    const coordinates = JSON.parse(way);
    draw("way", [...(coordinates.length > 1 ? [line("way", coordinates)] : []), ...JSON.parse(points).map((place) => point("call", place))]);
    if (coordinates.length > 1) {
      const bounds = coordinates.reduce((all, place) => all.extend(place), new map.gl.LngLatBounds(coordinates[0], coordinates[0]));
      map.fitBounds(bounds, { padding: map.roomAround });
    }
  };
  const starts = {
    box: () => work(() => drawn("box")),
    lasso: () => work(() => drawn("lasso")),
    near: () => work(async () => near(await position())),
    reach: () => document.getElementById("reach-dialog").showModal(),
    along: () => work(() => showAlong({})),
    measure: () => work(measure),
  };

  menu.addEventListener("click", (event) => {
    const button = event.target.closest("li button");
    if (!button) return;
    menu.open = false;
    starts[button.dataset.tool]?.();
  });
  document.getElementById("reach-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const asked = new FormData(event.target);
    event.target.closest("dialog").close();
    work(async () => {
      const [lon, lat] = asked.get("from") === "me" ? await position() : middle();
      asked.set("lon", lon);
      asked.set("lat", lat);
      say(texts.searching);
      const found = await sent(reach, asked);
      chooseArea(found.area);
      say(found.note);
    });
  });
  document.getElementById("keep-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = new FormData(event.target).get("name");
    event.target.closest("dialog").close();
    work(async () => {
      const kept = await sent(areas, JSON.stringify({ name, area: valuesOf("area") }));
      choose({ area: [kept.area] });
      say(fill(texts.saved, { name: kept.name }));
    });
  });
  sheet.addEventListener("click", (event) => {
    const button = event.target.closest("[data-sheet], [data-near], [data-along-minutes]");
    if (!button) return;
    if (button.dataset.near) near(button.dataset.near.split(",").map(Number));
    else if (button.dataset.alongMinutes) work(() => showAlong({ minutes: button.dataset.alongMinutes, ...plan() }));
    else if (button.dataset.sheet === "close") { close(); known = null; follow(); }
    else if (button.dataset.sheet === "more") { adding = true; starts.lasso(); }
    else { adding = false; choose({}); }
  });
  const plan = () => { const list = sheet.querySelector("[data-along=plan]"); return list ? { plan: list.value } : {}; };
  sheet.addEventListener("change", (event) => { if (event.target.dataset.along) work(() => showAlong(plan())); });
  // A card on the map asks for what is near its account.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-near-account]");
    if (!link) return;
    event.preventDefault();
    const [lon, lat] = link.dataset.nearAccount.split(",").map(Number);
    document.querySelectorAll(".maplibregl-popup-close-button").forEach((button) => button.click());
    near([lon, lat]);
  });
  // The page replaces the summary in the form after each change of the selection, chips that drop an area among them.
  new MutationObserver(follow).observe(form, { childList: true, subtree: true });
  follow();
}
