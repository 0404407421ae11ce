// Accounts on a map, from tiles: far out, a disc per cell whose area is its count, coloured by what most of its accounts are; near,
// a point per account, its status by colour and fill (a prospect is a ring), its tier by size. With `settings.size` "value" the area
// of either is the annual value. A disc zooms in; a point opens a card, with `settings.card` the one that the server answers there.
import { draw, fonts } from "./map_style.js";
import { fill, json, make } from "./page.js";

const LARGEST = 21; // pixels, the radius of the fullest cell in view
const LARGEST_POINT = 18;
const DEEPEST = 16; // the deepest zoom of tiles; what lies together there is listed, not zoomed into
const CELLS = 6; // a tile has 2^6 by 2^6 cells
const many = ["all", ["!", ["has", "id"]], [">", ["get", "n"], 0]];
const one = ["has", "id"];
const tiers = ["match", ["get", "tier"], "A", 8, "B", 6.5, "C", 5.5, 4.5];
const byTier = ["interpolate", ["linear"], ["zoom"], 10, ["*", 0.7, tiers], 16, ["*", 1.3, tiers]];
const root = (what) => ["sqrt", ["max", 0, ["coalesce", ["get", what], 0]]];

const count = (texts) => ["step", ["get", "n"], ["to-string", ["get", "n"]],
  1000, ["concat", ["to-string", ["/", ["round", ["/", ["get", "n"], 100]], 10]], texts.thousand],
  10000, ["concat", ["to-string", ["round", ["/", ["get", "n"], 1000]]], texts.thousand],
  1000000, ["concat", ["to-string", ["/", ["round", ["/", ["get", "n"], 100000]], 10]], texts.million]];

// More than half of a cell decide its colour; tiles that do not say keep the neutral one.
const mostly = (word) => [">", ["*", 2, ["coalesce", ["get", word], 0]], ["get", "n"]];
const mostlyFormer = ["all", ["has", "customers"], ["<", ["*", 2, ["+", ["get", "customers"], ["get", "prospects"]]], ["get", "n"]]];

function layers(c, texts) {
  const status = ["match", ["get", "status"], "prospect", c.status.prospect, "customer", c.status.customer, c.status.former];
  const from = { source: "accounts", "source-layer": "accounts" };
  return [
    { id: "cells", type: "circle", ...from, filter: many,
      layout: { "circle-sort-key": ["-", 0, ["get", "n"]] },
      paint: { "circle-color": ["case", mostly("customers"), c.status.customer, mostly("prospects"), c.status.prospect, mostlyFormer, c.status.former, c.mark], "circle-opacity": 0.86, "circle-stroke-color": c.paper, "circle-stroke-width": 1 } },
    { id: "counts", type: "symbol", ...from, filter: ["all", many, [">", ["get", "n"], 1]],
      layout: { "text-field": count(texts), "text-font": fonts(), "text-size": 11, "text-allow-overlap": false, "text-padding": 1, "symbol-sort-key": ["-", 0, ["get", "n"]] },
      paint: { "text-color": c.mark_ink } },
    { id: "points", type: "circle", ...from, filter: one,
      layout: { "circle-sort-key": ["-", 0, ["get", "value"]] },
      paint: {
        "circle-color": ["match", ["get", "status"], "prospect", c.paper, status],
        "circle-stroke-width": ["match", ["get", "status"], "prospect", 2, 1],
        "circle-stroke-color": ["match", ["get", "status"], "prospect", status, c.paper] } },
    { id: "names", type: "symbol", ...from, filter: one, minzoom: 14,
      layout: { "text-field": ["get", "name"], "text-font": fonts(), "text-size": 12, "text-anchor": "top", "text-offset": [0, 0.8], "text-optional": true, "text-max-width": 9 },
      paint: { "text-color": c.ink, "text-halo-color": c.halo, "text-halo-width": 1.4 } },
  ];
}

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

/** Show the accounts of a tile address; call again with another address to show another selection. */
export default function addAccounts(map, url, settings) {
  const tiles = [new URL(url, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}")];
  map.selection = new URL(tiles[0]).search;
  if (map.getSource("accounts")) {
    map.newAccounts = true;
    return map.getSource("accounts").setTiles(tiles);
  }
  const texts = json("map-texts");
  map.addSource("accounts", { type: "vector", tiles, maxzoom: DEEPEST });
  draw(map, (c) => layers(c, texts), settings);

  // The fullest cell in view sets the scale of a zoom, once: later tiles fit in, discs do not change under the eye.
  const scales = new Map();
  let by = settings.size === "value" ? "value" : "n";
  let now = "";
  const largest = (filter) => Math.max(0, ...map.querySourceFeatures("accounts", { sourceLayer: "accounts", filter }).map(({ properties }) => properties[by]));
  const scale = () => {
    // A change of style before new tiles have come would make MapLibre draw the old ones again instead of fetching.
    if (map.newAccounts) return;
    const zoom = Math.floor(map.getZoom());
    if (!scales.has(zoom)) {
      const [cell, point] = [largest(many), by === "value" ? largest(one) : 0];
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
    if (map.newAccounts) scales.clear();
    map.newAccounts = false;
    if (map.isSourceLoaded("accounts")) scale();
  });
  map.on("idle", scale);
  /** Size discs and points by "count" or "value". */
  map.sizeAccounts = (word) => { by = word === "value" ? "value" : "n"; scales.clear(); scale(); };

  map.on("click", "cells", ({ features: [{ geometry: { coordinates: [lng, lat] } }] }) => {
    if (map.getZoom() >= DEEPEST && settings.here) openHere(map, { lng, lat }, settings);
    else map.easeTo({ center: [lng, lat], zoom: map.getZoom() + 2 });
  });
  map.on("click", "points", ({ features }) => {
    const all = [...new Map(features.map(({ properties }) => [properties.id, properties])).values()];
    const place = features[0].geometry.coordinates;
    if (all.length === 1) openCard(map, place, all[0], settings);
    else openChoice(map, place, all, settings);
  });
  for (const layer of ["cells", "points"]) {
    map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
  }
}
