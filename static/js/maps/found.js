// Suggestions below the search box: accounts and regions to fly to. Arrow keys walk through them, Escape closes.
import { openCard } from "../core/accounts.js";
import { newest } from "./selection.js";

const WAIT = 220;

export default function suggest(input, map, settings) {
  const list = document.getElementById(input.getAttribute("aria-controls"));
  const fetchNewest = newest();
  let timer;
  const show = (on) => { list.hidden = !on; };
  const close = () => { clearTimeout(timer); show(false); };

  const look = async () => {
    const words = input.value.trim();
    if (words.length < 2) return close();
    const page = await fetchNewest(`${settings.found}?${new URLSearchParams({ q: words })}`);
    if (!page || input.value.trim() !== words) return;
    list.replaceChildren(...page.body.childNodes);
    show(list.childElementCount > 0);
  };
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, WAIT); });
  input.form.addEventListener("submit", close);

  list.addEventListener("click", (event) => {
    const chosen = event.target.closest("button");
    if (!chosen) return;
    close();
    const { account, name, status, tier, lon, lat, bounds } = chosen.dataset;
    if (bounds) return map.fitBounds(JSON.parse(bounds), { padding: map.roomAround });
    const place = [Number(lon), Number(lat)];
    map.flyTo({ center: place, zoom: Math.max(14, map.getZoom()) });
    openCard(map, place, { id: account, name, status, tier }, settings);
  });
  const walk = (event) => {
    if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); input.focus(); return; }
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || list.hidden) return;
    event.preventDefault();
    const all = [input, ...list.querySelectorAll("button, a")];
    all.at((all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)) % all.length).focus();
  };
  input.addEventListener("keydown", walk);
  list.addEventListener("keydown", walk);
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest(".find")) close(); });
}
