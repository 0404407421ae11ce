// Regions filled by a figure. The server sends {level, label, unit, limits, labels, regions: [{country, code, name, count, value, area_km2, href}]};
// a value equal to a limit belongs to the class above it, as in gcrm.maps.classes. Resting on a region tells its figures; a click goes
// to its `href`, or zooms to it and says so with the event "region". It may send besides: `format` (options of Intl.NumberFormat) and
// `suffix` for figures, `colours` of the classes by light and dark and the `class` of each region, `unreliable` ones hatched,
// `period` in words, `legend` the id of its element, `counted` what `count` counts (null: the figure says it already), `none_label` for regions without a figure,
// `tiles` {url, layer, key} where they are not those of regions, or `shapes`, GeoJSON features whose id is "country:code".
import { colours, draw, firstLine, regionUrl, tileZoom } from "./map_style.js";
import showLegend from "./legend.js";
import { isDark, json, make, number } from "./page.js";
import tip from "./map_tip.js";

const whole = { maximumSignificantDigits: 21, maximumFractionDigits: 0, roundingPriority: "lessPrecision" };
const hovering = ["boolean", ["feature-state", "hover"], false];

/** What tiles call a region: "us:48121", or in tiles of their own the code alone. */
const keyOf = (figures, { country, code }) => (figures.tiles ? code : `${country}:${code}`);
const property = (figures) => figures.tiles?.key ?? "code";

/** The class of a region's figure: as the server says it, else by the limits. */
const classOf = ({ limits }, region) => {
  if (region.class !== undefined) return region.class;
  return region.value === null ? null : limits.filter((limit) => limit <= region.value).length;
};
const rampOf = (figures, settings) => figures.colours?.[isDark() ? "dark" : "light"] ?? colours(settings).ramps[figures.labels.length] ?? [];

/** A colour for each region by its class, as a MapLibre expression. */
function fillColour(c, figures, settings) {
  const classes = figures.labels.map(() => []);
  for (const region of figures.regions) {
    const number = classOf(figures, region);
    if (number !== null) classes[number].push(keyOf(figures, region));
  }
  const ramp = rampOf(figures, settings);
  const branches = classes.flatMap((keys, i) => (keys.length ? [[...new Set(keys)], ramp[i]] : []));
  return branches.length ? ["match", ["get", property(figures)], ...branches, c.none] : c.none;
}

/** What rests on few cases, as a filter. */
const unreliable = (figures) =>
  ["in", ["get", property(figures)], ["literal", figures.regions.filter((region) => region.unreliable && region.value !== null).map((region) => keyOf(figures, region))]];

const from = (figures) => ({ source: "choropleth", ...figures.shapes ? {} : { "source-layer": figures.tiles?.layer ?? "regions" } });

const HATCH = 12;

/** Slanted lines that repeat without a seam, in the colour of what is drawn on land. */
function hatch(colour) {
  const canvas = Object.assign(document.createElement("canvas"), { width: HATCH, height: HATCH });
  const pen = canvas.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  for (const x of [-HATCH, 0, HATCH]) {
    pen.moveTo(x, HATCH);
    pen.lineTo(x + HATCH, 0);
  }
  pen.stroke();
  return pen.getImageData(0, 0, HATCH, HATCH);
}

function showHatch(map, c) {
  if (map.hasImage("hatch")) map.removeImage("hatch");
  map.addImage("hatch", hatch(c.land), { pixelRatio: 2 });
}

const layers = (c, figures, settings) => [
  { id: "choropleth", type: "fill", ...from(figures), paint: { "fill-color": fillColour(c, figures, settings), "fill-antialias": false } },
  { id: "choropleth-few", type: "fill", ...from(figures), filter: unreliable(figures), paint: { "fill-pattern": "hatch" } },
  { id: "choropleth-line", type: "line", ...from(figures), paint: { "line-color": c.land, "line-width": ["interpolate", ["linear"], ["zoom"], 3, 0.25, 8, 1] } },
];

// Above the outlines of the ground, which would cut it into pieces.
const hoverLayer = (c, figures) => [
  { id: "choropleth-hover", type: "line", ...from(figures), layout: { "line-join": "round" }, paint: { "line-color": c.hover, "line-width": 2.5, "line-opacity": ["case", hovering, 1, 0] } },
];

function source(figures, settings) {
  if (figures.shapes) {
    const features = figures.shapes.features.map((feature) => ({ ...feature, properties: { code: feature.id, name: feature.properties.name } }));
    return { type: "geojson", data: { type: "FeatureCollection", features }, promoteId: "code", tolerance: 0.2 };
  }
  const url = figures.tiles ? new URL(figures.tiles.url, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}") : regionUrl(figures.level, settings);
  return { type: "vector", tiles: [url], maxzoom: tileZoom(figures.level, settings), promoteId: property(figures) };
}

/** A figure as it is read, with its unit. */
export const written = ({ format, unit, suffix }, value) => {
  const plain = number(value, format);
  return suffix === undefined ? `${plain} ${unit ?? ""}`.trim() : `${plain} ${suffix}`.trim();
};

/** The name of a region and its figures, as elements. */
export function told(region, figures, texts) {
  const rows = [[figures.label, region.value === null ? texts.no_data : written(figures, region.value)]];
  if (region.count !== undefined && figures.counted !== null) rows.push([figures.counted ?? texts.count, number(region.count, whole)]);
  if (region.area_km2) rows.push([texts.area, `${number(region.area_km2, region.area_km2 < 100 ? {} : whole)} km²`]);
  return [make("strong", { textContent: region.name }), make("dl", {}, ...rows.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]))];
}

function boundsOf(map, key) {
  const bounds = new map.gl.LngLatBounds();
  const filter = ["==", ["get", property(map.figures)], key];
  for (const { geometry } of map.querySourceFeatures("choropleth", { sourceLayer: map.figures.tiles?.layer ?? "regions", filter })) {
    geometry.coordinates.flat(geometry.type === "Polygon" ? 1 : 2).forEach((point) => bounds.extend(point));
  }
  return bounds;
}

function legend(figures, settings, texts) {
  const gaps = figures.none_label ?? (figures.regions.some(({ value }) => value === null) ? texts.no_data : null);
  showLegend(document.getElementById(figures.legend ?? "legend"), {
    title: figures.label, unit: figures.unit, note: figures.period, labels: [...figures.labels, ...gaps ? [gaps] : []],
    hatched: figures.unreliable_label, colours: () => [...rampOf(figures, settings), colours(settings).none],
  });
}

/** Fill regions; call again with other figures to change them. `figures` may be {url}, where they are fetched. */
export default async function addChoropleth(map, figures, settings) {
  if (figures.url && !figures.regions) figures = { ...figures, ...await (await fetch(figures.url, { headers: { Accept: "application/json" } })).json() };
  const texts = json("map-texts");
  for (const id of ["choropleth", "choropleth-few", "choropleth-line", "choropleth-hover"]) if (map.getLayer(id)) map.removeLayer(id);
  if (map.getSource("choropleth")) map.removeSource("choropleth");
  map.addSource("choropleth", source(figures, settings));
  map.figures = figures;
  map.regionsByKey = new Map(figures.regions.map((region) => [keyOf(figures, region), region]));
  if (map.repaintChoropleth) map.repaintChoropleth();
  else {
    const painters = [draw(map, (c) => { showHatch(map, c); return layers(c, map.figures, settings); }, settings, firstLine(settings)), draw(map, (c) => hoverLayer(c, map.figures), settings, "labels")];
    map.repaintChoropleth = () => painters.forEach((paint) => paint());
  }
  legend(figures, settings, texts);
  if (map.choroplethEvents) return;
  map.choroplethEvents = true;

  const keyed = ({ properties }) => properties[property(map.figures)];
  const find = (feature) => map.regionsByKey.get(keyed(feature));
  const hint = tip(map);
  let hovered = null;
  const hover = (id) => {
    if (id === hovered) return;
    const state = (key, on) => key !== null && map.getSource("choropleth") && map.setFeatureState({ source: "choropleth", ...map.figures.shapes ? {} : { sourceLayer: map.figures.tiles?.layer ?? "regions" }, id: key }, { hover: on });
    state(hovered, false);
    state(id, true);
    hovered = id;
  };
  map.on("mousemove", "choropleth", ({ point, features: [feature] }) => {
    hover(keyed(feature));
    hint.show(point, told(find(feature) ?? { name: feature.properties.name, value: null }, { ...map.figures, ...find(feature) ? {} : { counted: null } }, texts));
  });
  map.on("mouseleave", "choropleth", () => { hover(null); hint.hide(); });
  map.on("movestart", () => { hover(null); hint.hide(); });
  map.on("click", "choropleth", ({ point, lngLat, features: [feature] }) => {
    // What lies over a region, such as an account, takes the click.
    const over = ["cells", "points"].filter((id) => map.getLayer(id));
    if (over.length && map.queryRenderedFeatures(point, { layers: over }).length) return;
    hint.hide();
    const region = find(feature) ?? feature.properties;
    const detail = { level: map.figures.level, key: keyed(feature), lngLat, ...region };
    if (!map.getContainer().dispatchEvent(new CustomEvent("region", { bubbles: true, cancelable: true, detail }))) return;
    if (region.href) location.assign(region.href);
    else map.fitBounds(boundsOf(map, keyed(feature)), { padding: 48 });
  });
}
