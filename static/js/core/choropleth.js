// Regions filled by a figure. The server sends {level, label, unit, limits, labels, regions: [{country, code, name, count, value, area_km2, href}]};
// a value equal to a limit belongs to the class above it, as in gcrm.maps.classes. Resting on a region tells its figures; a click goes
// to its `href`, or zooms to it and says so with the event "region".
import { colours, draw, firstLine, regionUrl, tileZoom } from "./map_style.js";
import showLegend from "./legend.js";
import { json, make, number } from "./page.js";
import tip from "./map_tip.js";

const key = ["concat", ["coalesce", ["get", "country"], ""], ":", ["get", "code"]];
const hovering = ["boolean", ["feature-state", "hover"], false];
const keysOf = ({ country, code }) => [`${country ?? ""}:${code}`, `:${code}`];

/** A colour for each region by its class, as a MapLibre expression. */
function fillColour(c, { regions, limits, labels }) {
  const classes = labels.map(() => []);
  for (const region of regions) {
    if (region.value !== null) classes[limits.filter((limit) => limit <= region.value).length].push(region);
  }
  const seen = new Set();
  const fresh = (group) => group.flatMap(keysOf).filter((one) => !seen.has(one) && seen.add(one));
  const branches = classes.flatMap((group, i) => { const keys = fresh(group); return keys.length ? [keys, c.ramps[labels.length][i]] : []; });
  return branches.length ? ["match", key, ...branches, c.none] : c.none;
}

const layers = (c, figures) => {
  const from = { source: "choropleth", "source-layer": "regions" };
  return [
    { id: "choropleth", type: "fill", ...from, paint: { "fill-color": fillColour(c, figures), "fill-antialias": false } },
    { id: "choropleth-line", type: "line", ...from, paint: { "line-color": ["case", hovering, c.hover, c.land], "line-width": ["interpolate", ["linear"], ["zoom"], 3, ["case", hovering, 2.5, 0.25], 8, ["case", hovering, 2.5, 1]] } },
  ];
};

function told(region, { label, unit }, texts) {
  const rows = [[label, region.value === null ? texts.no_data : `${number(region.value)} ${unit ?? ""}`]];
  if (region.count !== undefined) rows.push([texts.count, number(region.count)]);
  if (region.area_km2) rows.push([texts.area, `${number(region.area_km2)} km²`]);
  return [make("strong", { textContent: region.name }), make("dl", {}, ...rows.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]))];
}

function boundsOf(map, code) {
  const bounds = new map.gl.LngLatBounds();
  for (const { geometry } of map.querySourceFeatures("choropleth", { sourceLayer: "regions", filter: ["==", ["get", "code"], code] })) {
    geometry.coordinates.flat(geometry.type === "Polygon" ? 1 : 2).forEach((point) => bounds.extend(point));
  }
  return bounds;
}

/** Fill regions; call again with other figures to change them. `figures` may be {url}, where they are fetched. */
export default async function addChoropleth(map, figures, settings) {
  if (figures.url && !figures.regions) figures = { ...figures, ...await (await fetch(figures.url, { headers: { Accept: "application/json" } })).json() };
  const texts = json("map-texts");
  for (const id of ["choropleth", "choropleth-line"]) if (map.getLayer(id)) map.removeLayer(id);
  if (map.getSource("choropleth")) map.removeSource("choropleth");
  map.addSource("choropleth", { type: "vector", tiles: [regionUrl(figures.level, settings)], maxzoom: tileZoom(figures.level, settings), promoteId: "code" });
  map.figures = figures;
  if (map.repaintChoropleth) map.repaintChoropleth();
  else map.repaintChoropleth = draw(map, (c) => layers(c, map.figures), settings, firstLine(settings));
  const gaps = figures.regions.some(({ value }) => value === null);
  showLegend(document.getElementById("legend"), {
    title: figures.label, unit: figures.unit, labels: [...figures.labels, ...gaps ? [texts.no_data] : []],
    colours: () => [...colours(settings).ramps[figures.labels.length] ?? [], colours(settings).none],
  });
  if (map.choroplethEvents) return;
  map.choroplethEvents = true;

  const find = ({ properties }) => map.figures.regions.find(({ country, code }) => code === properties.code && (!properties.country || country === properties.country));
  const hint = tip(map);
  let hovered = null;
  const hover = (id) => {
    if (id === hovered) return;
    const state = (code, on) => code !== null && map.getSource("choropleth") && map.setFeatureState({ source: "choropleth", sourceLayer: "regions", id: code }, { hover: on });
    state(hovered, false);
    state(id, true);
    hovered = id;
  };
  map.on("mousemove", "choropleth", ({ point, features: [feature] }) => {
    hover(feature.properties.code);
    hint.show(point, told(find(feature) ?? { name: feature.properties.name, value: null }, map.figures, texts));
  });
  map.on("mouseleave", "choropleth", () => { hover(null); hint.hide(); });
  map.on("movestart", () => { hover(null); hint.hide(); });
  map.on("click", "choropleth", ({ point, features: [feature] }) => {
    // What lies over a region, such as an account, takes the click.
    const over = ["cells", "points"].filter((id) => map.getLayer(id));
    if (over.length && map.queryRenderedFeatures(point, { layers: over }).length) return;
    const region = find(feature) ?? feature.properties;
    const heard = map.getContainer().dispatchEvent(new CustomEvent("region", { bubbles: true, cancelable: true, detail: { level: map.figures.level, ...region } }));
    if (!heard) return;
    if (region.href) location.assign(region.href);
    else map.fitBounds(boundsOf(map, region.code), { padding: 48 });
  });
}
