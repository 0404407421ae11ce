// The end of the day without a connection: what was done since the page was stored, and what was written down here.
import { known } from "./pages.js";
import { phone } from "./phone.js";
import { newer, standing } from "./standing.js";

export default async function evening(card) {
  const store = await phone();
  const [{ body }, acts] = [await store.day(), newer(await store.acts())];
  const { day, unplanned, skipped, ahead, closed } = card.dataset;
  const shown = body.days.find((one) => one.day === day);
  const { stops } = shown ? standing(shown, acts, known(body, acts)) : { stops: [] };
  const made = acts.filter(({ kind, body: { stop } }) => kind === "finished" && !stop).length;
  const isMissed = ({ status }) => status === "skipped" || status === "ahead";
  const missed = stops.filter(isMissed);
  card.querySelector("[data-done]").textContent = stops.length - missed.length + Number(unplanned) + made;
  card.querySelector("[data-missed]").textContent = missed.length;
  const list = document.querySelector("[data-missed-list]");
  for (const row of list?.querySelectorAll("[data-stop]") ?? []) {
    const stop = stops.find(({ id }) => id === row.dataset.stop);
    row.hidden = !stop || !isMissed(stop);
    if (stop && !row.hidden && acts.length) row.querySelector("[data-said]").textContent = stop.status === "skipped" ? skipped : ahead;
  }
  if (list) list.hidden = !missed.length;
  written(acts.filter(({ kind, body: { day: on } }) => kind === "day_closed" && on === day).at(-1), card, closed);
  taken(acts);
}

/** What the person wrote down here already stands in the form again. */
function written(act, card, closed) {
  if (!act) return;
  const form = document.getElementById("close");
  for (const [name, value] of Object.entries(act.body)) if (form.elements[name]) form.elements[name].value = value;
  card.querySelector("[data-stale]").textContent = closed;
}

function taken(acts) {
  const form = document.querySelector("form[data-plan]");
  if (!form || !acts.some(({ kind, body }) => kind === "plan_accepted" && body.plan === form.dataset.plan)) return;
  document.querySelector("[data-taken]").hidden = false;
  form.hidden = true;
}
