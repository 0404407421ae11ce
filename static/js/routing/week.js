// A week as columns of days: a stop dragged, or sent by its menu, to another day; the server says what it costs both days.
import { fill, json, make } from "../core/page.js";
import { ask } from "./ask.js";

const NOBODY = "00000000-0000-0000-0000-000000000000";

export default async function week(element) {
  const mover = new Mover(element);
  element.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-move]");
    if (opener) mover.offer(opener.closest(".week-stop"));
  });
  if (!matchMedia("(pointer: fine) and (min-width: 768px)").matches) return;
  const { default: Sortable } = await import("sortablejs");
  for (const list of element.querySelectorAll(".week-stops[data-open]")) {
    Sortable.create(list, {
      group: "days", sort: false, draggable: ".week-stop", filter: ".is-fixed, .btn-icon", preventOnFilter: false, ghostClass: "is-ghost", animation: 0, emptyInsertThreshold: 60, forceFallback: true, fallbackTolerance: 4,
      onChange: ({ item, to, from }) => { if (to !== from) mover.price(item, from, to); },
      onEnd: ({ item, from, to, oldDraggableIndex }) => {
        if (from === to) return mover.clear();
        from.insertBefore(item, from.querySelectorAll(":scope > .week-stop")[oldDraggableIndex] ?? null);
        mover.move(item, from.closest(".week-day"), to.closest(".week-day"));
      },
    });
  }
  element.dataset.ready = "";
}

class Mover {
  constructor(element) {
    this.element = element;
    this.texts = json("week-texts");
    this.dialog = document.getElementById("move-day");
    this.said = document.getElementById("week-said");
  }

  url(name, plan) { return this.texts[name].replace(NOBODY, plan); }

  tell(text, kind = "") {
    this.said.className = `day-said ${kind}`;
    this.said.replaceChildren(text);
  }

  clear() {
    for (const place of this.element.querySelectorAll("[data-cost]")) place.replaceChildren();
  }

  /** What the move would cost, in the heads of both days. */
  async price(item, from, to) {
    const [here, there] = [from.closest(".week-day"), to.closest(".week-day")];
    this.over = there;
    try {
      const { given, taken } = await ask(this.url("give_url", here.dataset.plan), { key: item.dataset.key, to: there.dataset.plan, try: true });
      if (this.over !== there) return;
      this.clear();
      cost(here, given);
      cost(there, taken);
    } catch (error) { this.tell(error.message, "is-bad"); }
  }

  offer(stop) {
    const here = stop.closest(".week-day");
    this.dialog.querySelector("[data-name]").textContent = stop.dataset.name;
    const days = [...this.element.querySelectorAll(".week-day:has([data-open])")].filter((day) => day !== here);
    this.dialog.querySelector("ul").replaceChildren(...days.map((day) => {
      const button = make("button", { type: "button", className: "add-row", textContent: day.querySelector("h2").textContent });
      button.addEventListener("click", () => { this.dialog.close(); this.move(stop, here, day); });
      return make("li", {}, button);
    }));
    this.dialog.showModal();
  }

  async move(stop, here, there) {
    this.over = null;
    this.clear();
    const body = { key: stop.dataset.key, to: there.dataset.plan };
    try {
      const { given, taken } = await ask(this.url("give_url", here.dataset.plan), { ...body, try: true });
      const faults = [...given.faults, ...taken.faults].map(({ text }) => text);
      if (faults.length) return this.tell(`${this.texts.not_changed} ${faults.join(" ")}`, "is-bad");
      const { days } = await ask(this.url("give_url", here.dataset.plan), body);
      for (const day of days) this.show(day);
      this.tell(fill(this.texts.moved, { name: stop.dataset.name, from: title(here), less: given.cost.driving, to: title(there), more: taken.cost.driving }));
      this.said.append(" ", this.undoButton(there));
    } catch (error) { this.tell(error.message, "is-bad"); }
  }

  undoButton(day) {
    const button = make("button", { type: "button", className: "btn btn-secondary btn-sm", textContent: this.texts.undo });
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await ask(this.url("undo_url", day.dataset.plan), {});
        location.reload();
      } catch (error) { this.tell(error.message, "is-bad"); }
    });
    return button;
  }

  /** A day as the server says that it stands now. */
  show({ id, state }) {
    const day = this.element.querySelector(`[data-plan="${id}"]`);
    day.querySelector("[data-visits]").textContent = day.querySelector("[data-visits]").textContent.replace(/\d+/, state.visits);
    day.querySelector("[data-driving]").textContent = state.travel_text;
    day.querySelector("[data-back]").textContent = state.back_said;
    day.querySelector("[data-night]")?.replaceChildren(state.night);
    const menu = this.element.querySelector("[data-move]");
    day.querySelector(".week-stops").replaceChildren(...state.stops.map((stop) => this.row(stop, menu)));
  }

  row(stop, menu) {
    const row = make("li", { className: "week-stop" }, make("time", { textContent: stop.start_text }), make("span", { className: "week-name", textContent: stop.name }));
    Object.assign(row.dataset, { key: stop.key, name: stop.name });
    if (stop.fixed || stop.done) row.classList.add("is-fixed");
    else if (menu) {
      const button = menu.cloneNode(true);
      button.setAttribute("aria-label", fill(this.texts.move, { name: stop.name }));
      row.append(button);
    }
    return row;
  }
}

const title = (day) => day.querySelector("h2").textContent.trim();

function cost(day, { cost: { driving }, faults }) {
  const place = day.querySelector("[data-cost]");
  place.textContent = faults.length ? faults[0].text : driving;
  place.classList.toggle("is-bad", faults.length > 0);
}
