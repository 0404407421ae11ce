// The map of regions. Every choice is a query string: it goes into the address, and the server answers the panel's part with the map's
// figures in it. A click leads from a region to the finer ones in it; where nothing hovers, it first tells the figures.
import addChoropleth, { told } from "../core/choropleth.js";
import { makeRoom } from "../core/accounts.js";
import { mapTexts, openMap, settingsOfPage } from "../core/map.js";
import { fill, json, make } from "../core/page.js";
import besideOf from "./beside.js";
import slider from "./months.js";
import watchSelection, { follow, keep, newest, wordsOf } from "./selection.js";

const hovers = matchMedia("(hover: hover)");
const part = () => document.getElementById("part");

/** The form's own fields say what the server understood; the selection's stay. */
function show(form, words) {
  for (const [name, value] of Object.entries(words)) {
    const field = form.elements[name];
    if (field.type === "checkbox") field.checked = value === field.value;
    else if (document.activeElement !== field) field.value = value;
  }
}

/** Only what means something for this figure is offered. */
function offer(form) {
  const offers = JSON.parse(part().dataset.offers);
  for (const element of form.querySelectorAll("[data-offer]")) element.hidden = !offers[element.dataset.offer];
}

function regionCard(region, figures, finerQuery, texts) {
  const words = json("region-texts");
  const key = encodeURIComponent(figures.level === "territory" ? region.code : region.key);
  const link = (text, href, kind) => make("a", { className: `btn btn-sm btn-${kind}`, href, textContent: text });
  const actions = make("div", { className: "region-actions" });
  if (finerQuery) actions.append(link(fill(words.finer[figures.below[region.country]], region), `?${finerQuery}`, "primary"));
  actions.append(link(words.list, figures.list_url + key, "secondary"));
  if (figures.map_url) actions.append(link(words.map, figures.map_url + key, "secondary"));
  return make("article", { className: "map-card" }, ...told(region, figures, texts), actions);
}

export default async function regionsMap(element) {
  const settings = settingsOfPage();
  const texts = json("region-texts");
  const form = document.getElementById("selection");
  const map = await openMap(element, settings);
  const showMonth = slider(form.elements.month, texts.slider);
  const fetchNewest = newest();
  const showBeside = map ? besideOf(map, settings, texts.beside) : null;
  let popup = null;

  const draw = async () => {
    if (!map) return;
    const figures = json("figures");
    await showBeside(figures.beside);
    addChoropleth(map, figures, settings);
  };

  const go = async (query, { moves = false, adds = true } = {}) => {
    popup?.remove();
    const page = await fetchNewest(`${settings.part}?${query}`);
    if (!page) return;
    part().replaceWith(page.getElementById("part"));
    show(form, JSON.parse(part().dataset.words));
    if (moves && form.elements.country) form.elements.country.value = new URLSearchParams(query).get("country") ?? "";
    showMonth();
    offer(form);
    if (adds && moves) history.pushState({ query }, "", `${location.pathname}?${query}${location.hash}`);
    else keep(query);
    followAll();
    await draw();
    if (map && moves) map.fitBounds(JSON.parse(part().dataset.bounds ?? "null") ?? settings.bounds, { padding: map.roomAround });
  };

  const followAll = () => {
    const words = queryOf();
    for (const link of document.querySelectorAll("[data-with-words]")) link.href = `${link.dataset.withWords}?${words}`;
    for (const name of Object.keys(JSON.parse(part().dataset.words))) words.delete(name);
    follow(words.toString());
  };

  const queryOf = () => {
    const words = wordsOf(form);
    for (const [name, value] of Object.entries(texts.usual)) if (words.get(name) === value) words.delete(name);
    if (words.get("method") !== "given") words.delete("limits");
    return words;
  };
  const finerQuery = (region) => {
    const finer = json("figures").below[region.country];
    if (!finer) return null;
    const words = queryOf();
    words.set("level", finer);
    if (region.level === "country") words.set("country", region.country);
    else words.set("parent", region.key);
    words.delete("all");
    return words.toString();
  };

  watchSelection(form, () => go(queryOf().toString()));
  form.addEventListener("click", (event) => {
    const link = event.target.closest('#part a[href^="?"]');
    if (!link || link.matches("[data-drop]") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(link.getAttribute("href").slice(1), { moves: Boolean(link.closest(".way")) });
  });
  addEventListener("popstate", () => { if (location.search !== `?${queryOf()}`) go(location.search.slice(1), { moves: true, adds: false }); });
  offer(form);
  if (!map) return;

  element.addEventListener("region", (event) => {
    const region = event.detail;
    if (region.value === undefined) return event.preventDefault();
    event.preventDefault();
    const finer = finerQuery(region);
    if (finer && hovers.matches) return go(finer, { moves: true });
    popup = new map.gl.Popup({ maxWidth: "20rem" }).setLngLat(region.lngLat).setDOMContent(regionCard(region, json("figures"), finer, mapTexts())).addTo(map);
    makeRoom(map, popup);
    popup.getElement().addEventListener("click", (clicked) => {
      const link = clicked.target.closest('a[href^="?"]');
      if (!link) return;
      clicked.preventDefault();
      go(link.getAttribute("href").slice(1), { moves: true });
    });
    return undefined;
  });
  await draw();
  element.dispatchEvent(new CustomEvent("map-ready", { bubbles: true, detail: map }));
}
