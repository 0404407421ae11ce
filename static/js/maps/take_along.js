// A link that takes along what the address says and which part of the map is in view.
const turn = 360;

function bounds(map) {
  const view = map.getBounds();
  const around = Math.floor((view.getWest() + 180) / turn) * turn;
  const east = Math.min(view.getEast() - around, view.getWest() - around + turn);
  return [view.getWest() - around, Math.max(-85, view.getSouth()), east, Math.min(85, view.getNorth())].map((degrees) => degrees.toFixed(4)).join(",");
}

export default function takeAlong(link) {
  const path = link.href.split("?")[0];
  const refresh = () => {
    const words = new URLSearchParams(location.search);
    const { map } = document.getElementById("map");
    if (map) words.set("bounds", bounds(map));
    link.href = `${path}?${words}`;
  };
  for (const kind of ["pointerdown", "focus", "click"]) link.addEventListener(kind, refresh);
}
