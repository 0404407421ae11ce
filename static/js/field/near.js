// Who lies near, without a connection: the rows of `nearby.js` in the server's own row. The filters and the position stand in the address.
import { fill } from "../core/page.js";
import { start } from "../main.js";
import { nearby } from "./nearby.js";
import { escape, known } from "./pages.js";
import { fillTokens, phone } from "./phone.js";
import { standing } from "./standing.js";

const FILTERS = ["due", "status", "tier"];

/** Where the address says that the phone is. */
function here(asked) {
  const [lon, lat] = ["lon", "lat"].map((name) => Number(asked.get(name) || NaN));
  return Number.isFinite(lon) && Number.isFinite(lat) ? { lon, lat } : null;
}

/** Each filter is on, off or the other way round at its next tap. */
function chips(asked) {
  for (const chip of document.querySelectorAll(".chips-links a")) {
    const own = [...new URL(chip.href).searchParams].filter(([name]) => FILTERS.includes(name));
    const next = new URLSearchParams(asked);
    for (const [name, value] of own) {
      const isOn = asked.get(name) === value;
      if (isOn) next.delete(name);
      else next.set(name, value);
      chip.toggleAttribute("aria-current", isOn);
      if (isOn) chip.setAttribute("aria-current", "true");
    }
    chip.href = `/field/near${next.size ? `?${next}` : ""}`;
  }
}

function said({ account, metres }, texts) {
  const parts = [account.tier && fill(texts.tier, account)];
  if (account.status === "prospect") parts.push(texts.prospect);
  else if (account.overdue > 0) parts.push(fill(texts.overdue, { number: account.overdue }));
  else parts.push(account.visited ? fill(texts.visited, { day: new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "medium", timeZone: "UTC" }).format(new Date(account.visited)) }) : texts.never);
  if (metres !== null) parts.push(fill(texts.distance, { distance: (metres / 1000).toFixed(1) }));
  return parts.filter(Boolean).join(" · ");
}

export default async function near(list) {
  const [asked, texts, store] = [new URLSearchParams(location.search), JSON.parse(list.dataset.texts), await phone()];
  chips(asked);
  const [stored, acts] = [await store.day(), await store.acts()];
  const [{ days: [today] }, accounts] = [stored.body, known(stored.body, acts)];
  const { ahead } = standing(today, acts, accounts);
  const found = nearby(accounts, ahead, here(asked), Object.fromEntries(FILTERS.map((name) => [name, asked.get(name)])));
  const row = list.querySelector("template").innerHTML;
  list.innerHTML = found.map((one) => filled(row, one, ahead.length > 0, texts)).join("");
  list.hidden = !found.length;
  const nothing = document.querySelector(ahead.length || here(asked) ? "[data-nobody]" : "[data-nowhere]");
  nothing.hidden = Boolean(found.length);
  fillTokens();
  start(list);
}

function filled(row, one, isByRoute, texts) {
  const minutes = Math.round(one.seconds / 60);
  const drive = isByRoute && one.seconds < 30 ? texts.no_detour : fill(isByRoute ? texts.added : texts.drive, { minutes });
  const values = {
    "ACCOUNT-ID": one.account.id, "ACCOUNT-NAME": one.account.name, "ACCOUNT-ADDRESS": [one.account.street, one.account.city].filter(Boolean).join(", "),
    "ROW-SAID": said(one, texts), "ROW-ADDED": drive,
  };
  return row.replace(/ACCOUNT-(?:ID|NAME|ADDRESS)|ROW-(?:SAID|ADDED)/g, (word) => escape(values[word]));
}
