// A second map beside the first, or below it on a phone: it shows figures of its own, and each follows the other's moves.
import addChoropleth from "../core/choropleth.js";
import { openMap } from "../core/map.js";
import { make } from "../core/page.js";

const ID = "map-beside";
const LEGEND = "legend-beside";
const AROUND = 24;

/** What is seen of a map beside what floats over it. */
function seen(map) {
  const { top, right, bottom, left } = typeof map.roomAround === "number" ? { top: AROUND, right: AROUND, bottom: AROUND, left: AROUND } : map.roomAround;
  const { clientWidth, clientHeight } = map.getContainer();
  return new map.gl.LngLatBounds(map.unproject([left, clientHeight - bottom]), map.unproject([clientWidth - right, top]));
}

/** Two maps that stand at the same place. */
function together(one, other) {
  let isFollowing = false;
  const follow = (leader, follower) => () => {
    if (isFollowing) return;
    isFollowing = true;
    follower.jumpTo({ center: leader.getCenter(), zoom: leader.getZoom() });
    isFollowing = false;
  };
  const pairs = [[one, follow(one, other)], [other, follow(other, one)]];
  pairs.forEach(([map, handler]) => map.on("move", handler));
  follow(one, other)();
  return () => pairs.forEach(([map, handler]) => map.off("move", handler));
}

/** Returns `show(figures)`: with figures the second map is there, without it is gone. */
export default function beside(first, settings, label) {
  const stage = first.getContainer().parentElement;
  const roomAlone = first.roomAround;
  let second = null, part = () => {};

  /** The same ground stays in sight though the map is another size. */
  const resized = (bounds, room) => {
    first.resize();
    first.roomAround = room;
    first.fitBounds(bounds, { padding: room, animate: false });
  };

  const open = async () => {
    const bounds = seen(first);
    stage.classList.add("is-compared");
    const element = make("div", { className: "map map-beside", id: ID });
    first.getContainer().after(element);
    stage.append(make("div", { className: "map-legend", id: LEGEND }));
    second = await openMap(element, { ...settings, is_beside: true });
    second.getCanvas().setAttribute("aria-label", label);
    element.addEventListener("region", (event) => {
      // What is clicked on the one is clicked on the other.
      event.preventDefault();
      first.getContainer().dispatchEvent(new CustomEvent("region", { bubbles: true, cancelable: true, detail: event.detail }));
    });
    second.roomAround = AROUND;
    resized(bounds, AROUND);
    part = together(first, second);
  };

  const close = () => {
    const bounds = seen(first);
    part();
    second.remove();
    second = null;
    document.getElementById(ID).remove();
    document.getElementById(LEGEND).remove();
    stage.classList.remove("is-compared");
    resized(bounds, roomAlone);
  };

  return async (figures) => {
    if (figures && !second) await open();
    if (figures) await addChoropleth(second, { ...figures, legend: LEGEND }, settings);
    else if (second) close();
  };
}
