// The look of the map's ground, from the palette that the server sends; and how layers follow a change of light and dark.
import { isDark } from "./page.js";

const LEVELS = [{ level: "state", from: 0 }, { level: "county", from: 6 }];

/** The page's own font, as MapLibre wants it: it draws the letters here, without any glyph file. */
export const fonts = () => getComputedStyle(document.body).fontFamily.split(",").map((name) => name.trim().replaceAll('"', ""));

export const levels = (settings) => settings.levels ?? LEVELS;
export function colours(settings) {
  const side = isDark() ? "dark" : "light";
  return { side, ...settings.palette[side] };
}
export const regionUrl = (level, settings) =>
  new URL((settings.regions ?? "/tiles/regions/{level}/{z}/{x}/{y}.mvt").replace("{level}", level), location.href).href
    .replaceAll("%7B", "{").replaceAll("%7D", "}");

/** The deepest zoom at which a level has tiles of its own. */
export const tileZoom = (level, settings) => levels(settings).find((one) => one.level === level)?.to ?? 12;

/** A vector source for each level of regions, by the name regions-<level>. */
export function sources(settings) {
  const source = ({ level, from }) =>
    [`regions-${level}`, { type: "vector", tiles: [regionUrl(level, settings)], minzoom: Math.floor(from), maxzoom: tileZoom(level, settings), promoteId: "code" }];
  return Object.fromEntries(levels(settings).map(source));
}

export function baseLayers(settings, c) {
  const all = levels(settings);
  const ground = { id: "water", type: "background", paint: { "background-color": c.water } };
  const land = { id: "land", type: "fill", source: `regions-${all[0].level}`, "source-layer": "regions", paint: { "fill-color": c.land, "fill-antialias": false } };
  // The finest outlines lie lowest and thinnest; each coarser level is drawn over them, wider.
  const lines = all.map(({ level, from }, i) => ({
    id: `line-${level}`, type: "line", source: `regions-${level}`, "source-layer": "regions", minzoom: from,
    layout: { "line-join": "round" },
    paint: {
      "line-color": i === 0 ? c.line_strong : c.line,
      "line-width": ["interpolate", ["linear"], ["zoom"], from, i === 0 ? 0.7 : 0.4, from + 6, i === 0 ? 2 : 1.2],
      "line-opacity": i === 0 ? 1 : ["interpolate", ["linear"], ["zoom"], from, 0, from + 0.6, 1],
    },
  }));
  return [ground, land, ...lines.reverse()];
}

/** Draw layers made from colours, and paint them anew when the page turns light or dark; returns the painter. */
export function draw(map, layersOf, settings, before) {
  const paint = () => {
    for (const layer of layersOf(colours(settings))) {
      if (!map.getLayer(layer.id)) map.addLayer(layer, map.getLayer(before) ? before : undefined);
      else for (const [name, value] of Object.entries(layer.paint ?? {})) map.setPaintProperty(layer.id, name, value);
    }
  };
  paint();
  addEventListener("theme", paint);
  map.once("remove", () => removeEventListener("theme", paint));
  return paint;
}

/** The layer below which fills go, so that outlines and names stay readable. */
export const firstLine = (settings) => `line-${levels(settings).at(-1).level}`;
