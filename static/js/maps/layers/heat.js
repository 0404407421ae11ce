// Accounts as a glow: the more there are together, or the more they are worth, the stronger.
import { largest, many, one } from "../../core/map_marks.js";
import { draw, firstLine } from "../../core/map_style.js";

const FEWEST = 5; // of a single account no glow is made

/** From nothing to the fullest spot in view. */
function glow({ ramps }, side) {
  const colours = ramps[5];
  const faint = `${colours[side === "dark" ? 0 : 1]}00`;
  return ["interpolate", ["linear"], ["heatmap-density"], 0, faint, ...colours.slice(1).flatMap((colour, i) => [0.12 + i * 0.28, colour])];
}

export default function heat(map, layer, settings) {
  let by = layer.by;
  const weigh = () => {
    const most = Math.max(FEWEST, largest(map, "accounts", "accounts", many, by), largest(map, "accounts", "accounts", one, by));
    return ["/", ["sqrt", ["max", 0, ["coalesce", ["get", by], 0]]], Math.sqrt(most)];
  };
  draw(map, (c) => [{
    id: "over-heat", type: "heatmap", source: "accounts", "source-layer": "accounts",
    paint: { "heatmap-color": glow(c, c.side), "heatmap-radius": ["interpolate", ["linear"], ["zoom"], 3, 14, 8, 22, 14, 34], "heatmap-opacity": 0.85 },
  }], settings, map.getLayer("labels") ? "labels" : firstLine(settings));
  let weighed = "";
  const follow = () => {
    if (map.getLayoutProperty("over-heat", "visibility") === "none") return;
    const weight = weigh();
    if (JSON.stringify(weight) === weighed) return;
    weighed = JSON.stringify(weight);
    map.setPaintProperty("over-heat", "heatmap-weight", weight);
  };
  map.on("idle", follow);
  return {
    change(next) { ({ by } = next); follow(); },
    show(on) { map.setLayoutProperty("over-heat", "visibility", on ? "visible" : "none"); },
  };
}
