// Accounts on a map, from tiles: far out, a disc per cell whose area is its count, coloured by what most of its accounts are; near,
// a point per account, coloured by its kind; a prospect is a ring, a former customer faint, its tier the size. With `by` "value" the
// area of either is what it is worth. A disc zooms in; a point opens a card, with `settings.card` the one that the server answers there.
import { byMost, colourOfOne, largest, many, one, short, tileUrl } from "./map_marks.js";
import { draw, fonts } from "./map_style.js";
import tip from "./map_tip.js";
import { fill, json, make, number } from "./page.js";

const LARGEST = 21; // pixels, the radius of the fullest cell in view
const LARGEST_POINT = 18;
const DEEPEST = 16; // the deepest zoom of tiles; what lies together there is listed, not zoomed into
const CELLS = 6; // a tile has 2^6 by 2^6 cells
const LAYERS = ["cells", "counts", "points", "names"];
const tiers = ["match", ["get", "tier"], "A", 8, "B", 6.5, "C", 5.5, 4.5];
const byTier = ["interpolate", ["linear"], ["zoom"], 10, ["*", 0.7, tiers], 16, ["*", 1.3, tiers]];
const root = (what) => ["sqrt", ["max", 0, ["coalesce", ["get", what], 0]]];
const isProspect = ["==", ["get", "status"], "prospect"];

function layers(c, texts, { look }) {
  const from = { source: "accounts", "source-layer": "accounts" };
  const colour = colourOfOne(look);
  return [
    { id: "cells", type: "circle", ...from, filter: many,
      layout: { "circle-sort-key": ["-", 0, ["get", "n"]] },
      paint: { "circle-color": byMost(look, (kind) => kind[c.side], c.mark), "circle-opacity": 0.86, "circle-stroke-color": c.paper, "circle-stroke-width": 1 } },
    { id: "counts", type: "symbol", ...from, filter: ["all", many, [">", ["get", "n"], 1]],
      layout: { "text-field": numberOf(look, texts), "text-font": fonts(), "text-size": 11, "text-allow-overlap": false, "text-padding": 1, "symbol-sort-key": ["-", 0, ["get", "n"]] },
      paint: { "text-color": c.mark_ink } },
    { id: "points", type: "circle", ...from, filter: one,
      layout: { "circle-sort-key": ["-", 0, ["get", "value"]] },
      paint: {
        "circle-color": ["case", isProspect, c.paper, colour],
        "circle-opacity": ["case", ["==", ["get", "status"], "former"], 0.6, 1],
        "circle-stroke-width": ["case", isProspect, 2, 1],
        "circle-stroke-color": ["case", isProspect, colour, c.paper] } },
    { id: "names", type: "symbol", ...from, filter: one, minzoom: 14,
      layout: { "text-field": ["get", "name"], "text-font": fonts(), "text-size": 12, "text-anchor": "top", "text-offset": [0, 0.8], "text-optional": true, "text-max-width": 9 },
      paint: { "text-color": c.ink, "text-halo-color": c.halo, "text-halo-width": 1.4 } },
  ];
}

/** What a disc says: how many they are, or what they are worth in whole units of the currency. */
const numberOf = (look, texts) => short(look.by === "value" ? ["/", ["get", "value"], 10 ** look.digits] : ["get", "n"], texts);

export function card(properties, settings, texts) {
  const url = (settings.account_url ?? "/accounts/{id}").replace("{id}", properties.id);
  const facts = make("div", { className: "map-card-facts" }, make("span", { className: `status status-${properties.status}`, textContent: texts.status[properties.status] ?? properties.status }));
  if (properties.tier) facts.append(make("span", { textContent: fill(texts.tier, { letter: properties.tier }) }));
  // An empty address leads nowhere: on shared maps an account is a name.
  const name = url ? make("a", { className: "map-card-name", href: url, textContent: properties.name }) : make("strong", { className: "map-card-name", textContent: properties.name });
  return make("div", {}, name, facts);
}

/** Replace an element's content by what the server answers; what stands there stays when it does not. */
export async function load(element, url) {
  try {
    const answer = await fetch(url);
    if (!answer.ok) return;
    element.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
  } catch { /* Without a connection the first facts have to do. */ }
}

/** Move the map so far that a popup stands free of the edges and of what floats over the map. */
export function makeRoom(map, popup) {
  const card = popup.getElement()?.getBoundingClientRect();
  if (!card) return;
  const frame = map.getContainer().getBoundingClientRect();
  const { left, right } = map.roomAround ?? { left: 16, right: 16 };
  const top = frame.top + 68, last = frame.right - Math.max(right, 60), first = frame.left + Math.min(left, frame.width - card.width - 60);
  const x = card.left < first ? card.left - first : card.right > last ? card.right - last : 0;
  const y = card.top < top ? card.top - top : 0;
  if (x || y) map.panBy([x, y], { duration: 200 });
}

export async function openCard(map, lngLat, properties, settings) {
  const content = card(properties, settings, json("map-texts"));
  const popup = new map.gl.Popup({ offset: 10, maxWidth: "20rem" }).setLngLat(lngLat).setDOMContent(content).addTo(map);
  if (settings.card) await load(content, settings.card.replace("{id}", properties.id));
  makeRoom(map, popup);
}

/** Several accounts at one spot: their names, each of which opens its card. */
function openChoice(map, lngLat, all, settings) {
  const choose = (properties) => {
    const button = make("button", { type: "button", className: "map-choice", textContent: properties.name });
    button.addEventListener("click", () => openCard(map, lngLat, properties, settings));
    return make("li", {}, button);
  };
  const list = make("ul", { className: "map-choices" }, ...all.map(choose));
  makeRoom(map, new map.gl.Popup({ offset: 10, maxWidth: "20rem" }).setLngLat(lngLat).setDOMContent(list).addTo(map));
}

async function openHere(map, lngLat, settings) {
  const size = 2 ** (DEEPEST + CELLS);
  const latitude = lngLat.lat * Math.PI / 180;
  const x = Math.floor((lngLat.lng + 180) / 360 * size);
  const y = Math.floor((1 - Math.asinh(Math.tan(latitude)) / Math.PI) / 2 * size);
  const url = new URL(settings.here, location.href);
  url.search = new URLSearchParams([...new URLSearchParams(map.selection ?? ""), ["z", DEEPEST + CELLS], ["x", x], ["y", y]]);
  const content = make("div");
  const popup = new map.gl.Popup({ offset: 10, maxWidth: "20rem" }).setLngLat(lngLat).setDOMContent(content).addTo(map);
  await load(content, url);
  makeRoom(map, popup);
}

/**
 * Show accounts as `look` says: `tiles`, their address; `kinds` with their colours, and `word`, which tells the kind of a point; `by`, n or value.
 * Call again with another look to change any of it.
 */
export default function addAccounts(map, look, settings) {
  const tiles = [tileUrl(look.tiles)];
  const texts = json("map-texts");
  map.selection = new URL(tiles[0]).search;
  if (map.accounts) return map.accounts.change(look, tiles);
  const state = { look };
  map.addSource("accounts", { type: "vector", tiles, maxzoom: DEEPEST });
  const paint = draw(map, (c) => layers(c, texts, state), settings);

  // The fullest cell in view sets the scale of a zoom, once: later tiles fit in, discs do not change under the eye.
  const scales = new Map();
  let now = "";
  let isWaiting = false;
  const most = (filter) => largest(map, "accounts", "accounts", filter, state.look.by);
  const scale = () => {
    // A change of style before new tiles have come would make MapLibre draw the old ones again instead of fetching.
    if (isWaiting) return;
    const { by } = state.look;
    const zoom = Math.floor(map.getZoom());
    if (!scales.has(zoom)) {
      const [cell, point] = [most(many), by === "value" ? most(one) : 0];
      if (!cell && !point) return;
      scales.set(zoom, { cell: LARGEST / Math.sqrt(Math.max(25, cell)), point: LARGEST_POINT / Math.sqrt(Math.max(1, point)) });
    }
    const { cell, point } = scales.get(zoom);
    if (now === `${by} ${cell} ${point}`) return;
    now = `${by} ${cell} ${point}`;
    const radius = ["min", LARGEST, ["*", cell, root(by)]];
    // Further in there is room for a finger even on a single account.
    map.setPaintProperty("cells", "circle-radius", ["interpolate", ["linear"], ["zoom"], 7, ["max", 3, radius], 11, ["max", 5.5, radius]]);
    map.setPaintProperty("points", "circle-radius", by === "value" ? ["max", 3, ["min", LARGEST_POINT, ["*", point, root("value")]]] : byTier);
    map.setFilter("counts", ["all", many, [">", ["get", "n"], 1], [">", radius, 9.5]]);
  };
  map.setPaintProperty("points", "circle-radius", byTier);
  map.on("sourcedata", ({ sourceId, tile }) => {
    if (sourceId !== "accounts" || !tile) return;
    if (isWaiting) scales.clear();
    isWaiting = false;
    if (map.isSourceLoaded("accounts")) scale();
  });
  map.on("idle", scale);
  map.accounts = {
    /** Colours and sizes change at once, the tiles when they have come. */
    change(next, address) {
      const isSame = next.tiles === state.look.tiles;
      if (JSON.stringify(next) === JSON.stringify(state.look)) return;
      state.look = next;
      scales.clear();
      paint();
      map.setLayoutProperty("counts", "text-field", numberOf(next, texts));
      if (!isSame) { isWaiting = true; map.getSource("accounts").setTiles(address); }
      else scale();
    },
    show(on) { for (const id of LAYERS) map.setLayoutProperty(id, "visibility", on ? "visible" : "none"); },
  };

  /** What lies over accounts is clicked first. */
  const isCovered = ({ point }) => map.getStyle().layers.some(({ id }) => id.startsWith("over-")) && map.queryRenderedFeatures(point)[0]?.layer.id.startsWith("over-");
  map.on("click", "cells", (event) => {
    if (isCovered(event)) return;
    const [lng, lat] = event.features[0].geometry.coordinates;
    if (map.getZoom() >= DEEPEST && settings.here) openHere(map, { lng, lat }, settings);
    else map.easeTo({ center: [lng, lat], zoom: map.getZoom() + 2 });
  });
  map.on("click", "points", (event) => {
    if (isCovered(event)) return;
    const { features } = event;
    const all = [...new Map(features.map(({ properties }) => [properties.id, properties])).values()];
    const place = features[0].geometry.coordinates;
    if (all.length === 1) openCard(map, place, all[0], settings);
    else openChoice(map, place, all, settings);
  });
  pointAt(map, ["cells", "points"]);
  tellCells(map, state, texts);
}

/** A disc under the pointer says how many accounts it is and what they are worth. */
function tellCells(map, state, texts) {
  const hint = tip(map);
  const fact = (label, value) => [make("dt", { textContent: label }), make("dd", { textContent: value })];
  map.on("mousemove", "cells", ({ point, features: [{ properties: { n, value } }] }) => {
    const { worth, currency, digits } = state.look;
    const facts = make("dl", {}, ...fact(texts.count, number(n, { maximumSignificantDigits: 21 })));
    if (currency) facts.append(...fact(worth, number(value / 10 ** digits, { style: "currency", currency, notation: "compact" })));
    hint.show(point, [facts]);
  });
  map.on("mouseleave", "cells", () => hint.hide());
}

/** Say by the pointer that something can be clicked. */
export function pointAt(map, ids) {
  for (const layer of ids) {
    map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
  }
}
