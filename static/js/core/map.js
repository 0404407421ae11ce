// The map that a page is: our own region outlines, light or dark, its place kept in the address. A page's own script calls
// `openMap(element, settings)`; the default export does what base_map.html's settings ask for. Without WebGL 2 the list is shown instead.
import background from "./background.js";
import { baseLayers, draw, fonts, sources } from "./map_style.js";
import fillGaps from "./map_gaps.js";
import addLabels from "./map_labels.js";
import { json } from "./page.js";

export const settingsOfPage = () => json("map-settings");
export const mapTexts = () => json("map-texts");

const hasWebGL2 = () => {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
};

/** Make the map in an element; resolves to it once it can take layers, or to null when the browser cannot draw it. */
export async function openMap(element, settings = settingsOfPage()) {
  const texts = mapTexts();
  if (!hasWebGL2()) return fallBack(element);
  let gl, map, below;
  try {
    gl = await import("maplibre-gl");
    gl.setWorkerUrl(import.meta.resolve("maplibre-gl/worker"));
    below = await background(settings, gl);
    map = new gl.Map({
      container: element,
      style: styleOf(settings, below),
      bounds: settings.bounds ?? [-125, 24, -66, 50],
      fitBoundsOptions: { padding: padding(element) },
      hash: settings.is_embedded || settings.is_beside ? false : "at",
      cooperativeGestures: Boolean(settings.is_embedded),
      maxZoom: 19,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 120,
      canvasContextAttributes: { preserveDrawingBuffer: Boolean(settings.keep_drawing) },
      locale: { "Map.Title": texts.map, "NavigationControl.ZoomIn": texts.zoom_in, "NavigationControl.ZoomOut": texts.zoom_out,
        "GeolocateControl.FindMyLocation": texts.locate, "GeolocateControl.LocationNotAvailable": texts.locate_failed, "Popup.Close": texts.close,
        "CooperativeGesturesHandler.MobileHelpText": texts.two_fingers, "CooperativeGesturesHandler.WindowsHelpText": texts.ctrl_scroll,
        "CooperativeGesturesHandler.MacHelpText": texts.ctrl_scroll },
    });
  } catch (error) {
    console.error(error);
    return fallBack(element);
  }
  map.touchZoomRotate.disableRotation();
  fillGaps(map, texts);
  if (!settings.is_embedded && !settings.is_beside) {
    map.addControl(new gl.NavigationControl({ showCompass: false }), "top-right");
    // At the left, where no legend lies over them.
    map.addControl(new gl.ScaleControl({ unit: "metric" }), "bottom-left");
  }
  if (settings.attribution || below?.style) map.addControl(new gl.AttributionControl({ compact: false, customAttribution: settings.attribution }), "bottom-left");
  if (!settings.is_beside) map.addControl(new gl.GeolocateControl({ positionOptions: { enableHighAccuracy: true } }), "top-right");
  await new Promise((resolve) => { map.once("style.load", resolve); });
  if (!settings.style) addGround(map, settings, below);
  map.gl = gl;
  map.roomAround = padding(element);
  element.map = map;
  return map;
}

/** Our own sources, and those of the background below them. */
function styleOf(settings, below) {
  if (settings.style) return settings.style;
  const style = below?.style ?? { version: 8, sources: {}, layers: [] };
  return { ...style, sources: { ...style.sources, ...below?.sources, ...sources(settings) } };
}

/** Our own ground, or over a background of somebody else's the outlines alone: it has names of its own. */
function addGround(map, settings, below) {
  if (below?.layers) draw(map, (colours) => below.layers(colours, fonts()), settings);
  draw(map, (colours) => baseLayers(settings, colours).filter(({ type }) => !below || type === "line"), settings);
  if (!below) addLabels(map, settings);
}

// The view is fitted beside the panel on a wide screen, above the sheet on a phone.
function padding(element) {
  const wide = element.clientWidth > 768;
  const panels = document.querySelector(".map-panels");
  const some = Boolean(panels?.childElementCount);
  return { top: 24, right: 24, bottom: wide || !some ? 24 : 72, left: wide && some ? panels.offsetWidth + 40 : 24 };
}

function fallBack(element) {
  const list = document.getElementById(element.dataset.fallback);
  if (list) list.dataset.shown = "";
  // Where the figures stand in the panel, it is what there is to see.
  if (!list?.querySelector("table")) document.querySelector(".panel")?.setAttribute("open", "");
  element.hidden = true;
  return null;
}

export default async function map(element) {
  const settings = settingsOfPage();
  const made = await openMap(element, settings);
  if (!made) return;
  if (settings.choropleth) await (await import("./choropleth.js")).default(made, settings.choropleth, settings);
  element.dispatchEvent(new CustomEvent("map-ready", { bubbles: true, detail: made }));
}
