// What lies below a map beside our own outlines: somebody's style by its address, or a PMTiles archive drawn in our colours. What cannot
// be reached or read is told, and the outlines stand alone.
import { json } from "./page.js";
import { say } from "./toast.js";

const absolute = (url, base) => new URL(url, base).href.replaceAll("%7B", "{").replaceAll("%7D", "}");

/** A style with its relative addresses made whole. Letters are drawn here, so it needs no glyphs. */
async function styleFrom(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  const { glyphs, ...style } = await answer.json();
  if (style.version !== 8 || !Array.isArray(style.layers)) throw new Error(`${url} is no MapLibre style`);
  for (const source of Object.values(style.sources ?? {})) {
    if (source.url) source.url = absolute(source.url, url);
    if (source.tiles) source.tiles = source.tiles.map((tile) => absolute(tile, url));
    if (typeof source.data === "string") source.data = absolute(source.data, url);
  }
  if (typeof style.sprite === "string") style.sprite = absolute(style.sprite, url);
  return style;
}

const kinds = [
  ["water", /water|ocean|lake|river|sea\b/], ["earth", /^(earth|land|country|countries|states?)$/], ["road", /road|street|transport|highway|rail|path/],
  ["border", /bound|admin|border/], ["building", /build/], ["place", /place|label|poi|cit(y|ies)|town|name/],
];
const kindOf = (id) => kinds.find(([, words]) => words.test(id.toLowerCase()))?.[0] ?? "other";
const only = (type) => ["==", ["geometry-type"], type];

/** The layers of an archive, whatever they are called: areas, then lines, then names, in the order of the archive. */
function layersOf({ vector_layers: all }, c, fonts) {
  const look = {
    water: { fill: c.water, line: c.water, width: 1.2 }, earth: { fill: c.land, line: c.line, width: 0.4 }, road: { fill: c.none, line: c.none, width: 1.6 },
    border: { fill: null, line: c.line_strong, width: 0.8 }, building: { fill: c.none, line: c.line, width: 0.3 }, place: { fill: null, line: c.line, width: 0.4 },
    other: { fill: c.land, line: c.line, width: 0.6 },
  };
  const has = (kind) => all.some(({ id }) => kindOf(id) === kind);
  const areas = [], lines = [], names = [];
  for (const { id, fields } of all) {
    const from = { source: "background", "source-layer": id }, { fill, line, width } = look[kindOf(id)];
    if (fill) areas.push({ id: `ground-${id}-area`, type: "fill", ...from, filter: only("Polygon"), paint: { "fill-color": fill, "fill-antialias": false } });
    lines.push({ id: `ground-${id}-line`, type: "line", ...from, filter: kindOf(id) === "water" ? only("LineString") : ["!=", ["geometry-type"], "Point"],
      layout: { "line-join": "round" }, paint: { "line-color": line, "line-width": ["interpolate", ["exponential", 1.4], ["zoom"], 5, width * 0.4, 16, width * 5] } });
    if ("name" in (fields ?? {})) {
      names.push({ id: `ground-${id}-name`, type: "symbol", ...from, filter: ["all", only("Point"), ["has", "name"]],
        layout: { "text-field": ["get", "name"], "text-font": fonts, "text-size": 12, "text-max-width": 7, "text-padding": 6 },
        paint: { "text-color": c.ink, "text-halo-color": c.halo, "text-halo-width": 1.8 } });
    }
  }
  const ground = { id: "ground", type: "background", paint: { "background-color": has("earth") || !has("water") ? c.water : c.land } };
  return [ground, ...areas, ...lines, ...names];
}

async function archive(url, gl) {
  const { PMTiles, Protocol } = await import("pmtiles");
  const whole = absolute(url, location.href);
  const file = new PMTiles(whole);
  const [header, about] = await Promise.all([file.getHeader(), file.getMetadata()]);
  if (!about?.vector_layers?.length) throw new Error("The archive names no layers");
  const protocol = new Protocol();
  protocol.add(file);
  gl.addProtocol("pmtiles", protocol.tile);
  const source = { type: "vector", url: `pmtiles://${whole}`, maxzoom: header.maxZoom };
  return { sources: { background: source }, layers: (c, fonts) => layersOf(about, c, fonts) };
}

/** The background that the settings ask for: {style} or {sources, layers}, or null for our own outlines. */
export default async function background(settings, gl) {
  const { background: wanted, background_fault: fault } = settings;
  if (fault) say(fault, "error");
  if (!wanted) return null;
  try {
    return wanted.style ? { style: await styleFrom(wanted.style) } : await archive(wanted.pmtiles, gl);
  } catch (error) {
    console.warn(error);
    say(json("map-texts").no_background, "error");
    return null;
  }
}
