// A manager's map page: regions by a figure, accounts over them, or the team's day, which is looked at again every minute. Rows of the
// table lead to their place on the map; nothing else moves it.
import addAccounts, { makeRoom } from "../core/accounts.js";
import addChoropleth from "../core/choropleth.js";
import { openMap, settingsOfPage } from "../core/map.js";
import { json, make } from "../core/page.js";
import showDay from "./team_day.js";
import { newest } from "./selection.js";

const PLACE_ZOOM = 13;
const phone = matchMedia("(max-width: 767.98px)");

/** A region leads to the list of its accounts, by the row that names it; one that no row names is zoomed to. */
function tellRegion(map, event) {
  const region = event.detail;
  const link = [...document.querySelectorAll("#ranked th a")].find((one) => new URL(one.href).search.includes(encodeURIComponent(region.key)));
  if (!link) return;
  event.preventDefault();
  const card = make("article", { className: "map-card" }, make("strong", { textContent: region.name }));
  card.append(make("div", { className: "region-actions" }, make("a", { className: "btn btn-sm btn-secondary", href: link.href, textContent: json("manager-texts").list })));
  const popup = new map.gl.Popup({ maxWidth: "20rem" }).setLngLat(region.lngLat).setDOMContent(card).addTo(map);
  makeRoom(map, popup);
}

/** On a phone the panel is open from the start: what the page is about is shown above it and below the colour key. */
async function showAbovePanel(map, { bounds }, isPlaced) {
  const panel = document.getElementById("manager");
  while (!("ready" in panel.dataset)) await new Promise(requestAnimationFrame);
  if (!phone.matches || !panel.open) return;
  const { offsetTop, offsetHeight } = document.getElementById("legend");
  map.roomAround = { top: offsetTop + offsetHeight + 8, left: 16, right: 16, bottom: panel.offsetHeight + 8 };
  if (bounds && !isPlaced) map.fitBounds(bounds, { padding: map.roomAround, duration: 0 });
}

function watchRows(map) {
  document.getElementById("part").addEventListener("click", ({ target }) => {
    const button = target.closest("[data-fly]");
    if (button) map.flyTo({ center: JSON.parse(button.dataset.fly), zoom: Math.max(PLACE_ZOOM, map.getZoom()) });
  });
}

/** Put the newest figures in place of the older; where the reader is in the table stays. */
function refresh(map, settings, draw) {
  const fetchNewest = newest();
  const look = async () => {
    if (document.hidden) return;
    const page = await fetchNewest(settings.part);
    const now = page?.querySelector(".day-now");
    const part = document.getElementById("part");
    if (!now || part.contains(document.activeElement)) return;
    part.replaceChildren(now);
    draw();
  };
  setInterval(look, settings.seconds * 1000);
  document.addEventListener("visibilitychange", look);
}

export default async function managerMap(element) {
  const settings = settingsOfPage();
  // The map writes its own place there as soon as it stands.
  const isPlaced = location.hash.includes("at=");
  const map = await openMap(element, settings);
  let draw = () => {};
  if (map) {
    if (settings.choropleth) {
      addChoropleth(map, settings.choropleth, settings);
      element.addEventListener("region", (event) => tellRegion(map, event));
    }
    if (settings.accounts) addAccounts(map, settings.accounts, settings);
    if (settings.part) draw = showDay(map, settings);
    await showAbovePanel(map, settings, isPlaced);
    watchRows(map);
  }
  if (settings.part) refresh(map, settings, draw);
  if (map) element.dispatchEvent(new CustomEvent("map-ready", { bubbles: true, detail: map }));
}
