// The order of what is ahead: one place up or down, or the best that the phone can tell. Each is an act; without scripts the buttons post.
import { fill } from "../core/page.js";
import { say } from "../core/toast.js";
import { act } from "./act.js";
import { known } from "./pages.js";
import { phone } from "./phone.js";
import place from "./place.js";
import { reorder } from "./reorder.js";
import { standing } from "./standing.js";

export default function arrange(card) {
  const { day, changed, shorter, best, finding } = { ...card.dataset, finding: card.querySelector("#best-order").dataset.finding };
  const ids = () => [...card.querySelectorAll("[data-stop]")].map((row) => row.dataset.stop);
  const button = card.querySelector("#best-order");

  card.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [form, { submitter }] = [event.target, event];
    if (!(await phone())) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "way", value: submitter.value }));
      return form.submit();
    }
    const stops = ids();
    const at = stops.indexOf(form.closest("[data-stop]").dataset.stop);
    stops.splice(at + (submitter.value === "up" ? -1 : 1), 0, ...stops.splice(at, 1));
    if (await act("reordered", { day, stops }, { stays: true })) say(changed);
    return undefined;
  });

  phone().then(async (store) => {
    const stored = await store?.day();
    if (!stored?.body.days.some((one) => one.day === day)) return;
    for (const part of [button, card.querySelector("[data-best-note]")]) part.hidden = false;
  });

  button.addEventListener("click", async () => {
    button.disabled = true;
    const label = button.querySelector("[data-label]");
    const text = label.textContent;
    label.textContent = finding;
    const store = await phone();
    const [{ body }, acts, { place: here }] = [await store.day(), await store.acts(), await place()];
    const { ahead } = standing(body.days.find((one) => one.day === day), acts, known(body, acts));
    const placed = ahead.filter(({ lon }) => lon != null);
    const { stops, saves_seconds: saved } = reorder(placed, here ?? null);
    label.textContent = text;
    button.disabled = false;
    if (stops.every((stop, index) => stop.id === placed[index].id)) return say(best);
    if (await act("reordered", { day, stops: stops.map(({ id }) => id) }, { stays: true })) say(fill(shorter, { minutes: Math.round(saved / 60) }));
    return undefined;
  });
}
