// A day's plan that people change: drag a stop, or use the buttons of its card; the server says at once what it costs and breaks.
import { fill, json, make } from "../core/page.js";
import { ask } from "./ask.js";
import { Dayline } from "./dayline.js";

const PAUSE = 90; // milliseconds that the pointer rests before the server is asked
const STEP = 300; // seconds between the times that dragging offers
const EDGE = 48; // pixels from the edge of the panel where it scrolls along

export default function day(element) {
  return new Day(element);
}

class Day {
  constructor(element) {
    Object.assign(this, json("day-settings"));
    this.element = element;
    this.card = document.getElementById("stop-card");
    this.line = new Dayline(element.querySelector(".dayline-slots"), this.texts);
    document.getElementById("plan-list").hidden = true;
    element.hidden = false;
    this.draw(this.state);
    element.addEventListener("click", (event) => {
      const slot = event.target.closest(".day-slot-open")?.closest("[data-key]");
      if (slot && !this.dragged) this.select(slot.dataset.key);
      this.dragged = false;
    });
    if (!this.editable) return;
    this.card.addEventListener("click", (event) => this.pressed(event.target.closest("[data-do]")));
    document.getElementById("undo").addEventListener("click", () => this.undo());
    this.listenToAdding();
    if (matchMedia("(pointer: fine) and (min-width: 768px)").matches) this.listenToPointer();
  }

  draw(state, held) {
    this.shown = state;
    this.line.draw(state, held);
    this.line.select(this.selected);
    for (const [name, text] of Object.entries({ visits: state.visits, driving: state.travel_text, distance: state.distance_text, leave: state.leave_text, back: state.back_text })) {
      for (const place of document.querySelectorAll(`[data-day="${name}"]`)) place.textContent = text;
    }
  }

  /** What was saved is the day from now on, here and on the map. */
  accept({ state, route }) {
    this.state = state;
    this.draw(state);
    const undo = document.getElementById("undo");
    undo.hidden = !state.undo;
    undo.title = state.undo ?? "";
    document.getElementById("map").dispatchEvent(new CustomEvent("route-changed", { detail: route }));
    this.select(this.state.stops.some(({ key }) => key === this.selected) ? this.selected : null);
  }

  tell(text, kind = "") {
    const said = document.getElementById("day-said");
    said.className = `day-said ${kind}`;
    said.textContent = text;
  }

  async attempt(work) {
    try {
      await work();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.draw(this.state);
      this.tell(error.message, "is-bad");
    }
  }

  /** Try a change, and keep it where it breaks no rule. */
  apply(change, name) {
    return this.attempt(async () => {
      const tried = await ask(this.try_url, change);
      if (tried.faults.length) {
        this.draw(this.state);
        return this.tell(`${this.texts.not_changed} ${tried.faults.map(({ text }) => text).join(" ")}`, "is-bad");
      }
      const saved = await ask(this.edit_url, change);
      this.accept(saved);
      this.tell([saved.state.undo ?? name, tried.cost.text, tried.cost.back].filter(Boolean).join(" · "));
    });
  }

  undo() {
    return this.attempt(async () => {
      const text = this.state.undo;
      this.accept(await ask(this.undo_url, {}));
      this.tell(fill(this.texts.undone, { what: text }));
    });
  }

  // -- the card of one stop ------------------------------------------------------------------------------------------

  select(key) {
    this.selected = key;
    this.line.select(key);
    const stop = this.state.stops.find((each) => each.key === key);
    this.card.hidden = !stop;
    for (const mark of document.querySelectorAll(".route-mark")) mark.classList.toggle("is-chosen", Boolean(stop) && mark.dataset.number === String(stop.number));
    if (!stop) return;
    this.line.slots.get(key)?.scrollIntoView({ block: "nearest" });
    const part = (name) => this.card.querySelector(`[data-part="${name}"]`);
    part("name").replaceChildren(stop.url ? make("a", { href: stop.url, textContent: stop.name }) : stop.name);
    part("when").textContent = `${stop.start_text}–${stop.depart_text}`;
    part("address").textContent = stop.address ?? "";
    part("why").textContent = stop.why ?? "";
    part("price").textContent = "";
    if (this.editable) this.offer(stop, part);
  }

  offer(stop, part) {
    const place = this.state.stops.indexOf(stop);
    const firstFree = this.state.stops.filter(({ done }) => done).length;
    const disable = (name, is) => { for (const button of this.card.querySelectorAll(`[data-do="${name}"]`)) button.disabled = is; };
    disable("up", stop.done || place <= firstFree);
    disable("down", stop.done || place >= this.state.stops.length - 1);
    for (const name of ["lock", "drop", "time"]) disable(name, stop.done || (stop.fixed && name !== "lock"));
    this.card.querySelector('[data-do="lock"]').setAttribute("aria-pressed", String(Boolean(stop.locked)));
    this.card.querySelector('[data-do="free"]').hidden = !stop.pinned;
    this.card.querySelector("input[type=time]").value = clock(stop.start);
    if (!stop.done && !stop.fixed) this.price(stop, part("price"));
  }

  /** What the day would save without the stop. */
  price(stop, place) {
    return this.attempt(async () => {
      const { cost } = await ask(this.try_url, { kind: "dropped", key: stop.key });
      if (this.selected === stop.key) place.textContent = fill(this.texts.without, { driving: cost.driving, end: cost.end });
    });
  }

  pressed(button) {
    const stop = this.state.stops.find(({ key }) => key === this.selected);
    if (!button || !stop) return;
    const { key } = stop;
    const place = this.state.stops.indexOf(stop);
    if (button.dataset.do === "up") this.apply({ kind: "moved", key, to: place - 1 });
    if (button.dataset.do === "down") this.apply({ kind: "moved", key, to: place + 1 });
    if (button.dataset.do === "lock") this.apply({ kind: stop.locked ? "unlocked" : "locked", key });
    if (button.dataset.do === "free") this.apply({ kind: "untimed", key });
    if (button.dataset.do === "drop") this.apply({ kind: "dropped", key });
    if (button.dataset.do === "close") this.select(null);
    if (button.dataset.do === "time") {
      const [hours, minutes] = this.card.querySelector("input[type=time]").value.split(":").map(Number);
      if (Number.isFinite(minutes)) this.apply({ kind: "timed", key, at: hours * 3600 + minutes * 60 });
    }
  }

  // -- a further stop ------------------------------------------------------------------------------------------------

  listenToAdding() {
    const dialog = document.getElementById("add-stop");
    const [input, list] = [dialog.querySelector("input"), dialog.querySelector("ul")];
    let waiting;
    const look = () => this.attempt(async () => {
      const { items } = await ask(`${this.addable_url}?q=${encodeURIComponent(input.value)}`);
      list.replaceChildren(...items.map((item) => this.offered(item, dialog)));
      dialog.querySelector("[data-none]").hidden = items.length > 0;
    });
    input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(look, 200); });
    new MutationObserver(() => { if (dialog.open) look(); }).observe(dialog, { attributeFilter: ["open"] });
  }

  offered({ account, name, address, added }, dialog) {
    const button = make("button", { type: "button", className: "add-row" },
      make("span", { className: "add-name", textContent: name }), make("small", { textContent: address ?? "" }), make("span", { className: "number", textContent: added ?? "" }));
    button.addEventListener("click", () => { dialog.close(); this.apply({ kind: "added", account }, name); });
    return make("li", {}, button);
  }

  // -- dragging ------------------------------------------------------------------------------------------------------

  listenToPointer() {
    const slots = this.line.element;
    slots.addEventListener("pointerdown", (event) => {
      const slot = event.target.closest(".day-slot");
      const stop = slot && this.state.stops.find(({ key }) => key === slot.dataset.key);
      if (!stop || stop.done || event.button !== 0) return;
      this.drag = { stop, slot, from: event.clientY, top: event.clientY - slot.getBoundingClientRect().top, byTime: Boolean(event.target.closest(".day-slot-time")), change: null };
    });
    addEventListener("pointermove", (event) => this.moved(event));
    addEventListener("pointerup", () => this.dropped());
    addEventListener("keydown", (event) => { if (event.key === "Escape" && this.drag?.began) this.letGo(); });
  }

  moved(event) {
    const drag = this.drag;
    if (!drag || (!drag.began && Math.abs(event.clientY - drag.from) < 5)) return;
    if (!drag.began) { drag.began = true; this.element.classList.add("is-dragging"); }
    event.preventDefault();
    this.scrollAlong(event.clientY);
    const at = this.line.secondAt(event.clientY - drag.top);
    drag.slot.classList.add("is-held");
    drag.slot.style.setProperty("--top", `${this.line.pixels(at - this.line.state.first)}px`);
    const change = drag.byTime ? { kind: "timed", key: drag.stop.key, at: Math.round(at / STEP) * STEP } : { kind: "moved", key: drag.stop.key, to: this.placeAt(at, drag.stop) };
    if (JSON.stringify(change) === JSON.stringify(drag.change)) return;
    drag.change = change;
    drag.tried = null;
    clearTimeout(drag.waiting);
    drag.waiting = setTimeout(() => { drag.asked = this.preview(drag, change); }, PAUSE);
  }

  scrollAlong(clientY) {
    const panel = this.element.closest(".panel");
    const { top, bottom } = panel.getBoundingClientRect();
    const body = panel.querySelector(".plan-scroll");
    if (clientY < top + EDGE) body.scrollBy(0, -8);
    if (clientY > bottom - EDGE) body.scrollBy(0, 8);
  }

  /** The place among the other stops: before the first whose middle lies later. */
  placeAt(at, stop) {
    const middle = at + (stop.depart - stop.start) / 2;
    const rest = this.state.stops.filter(({ key }) => key !== stop.key);
    const free = rest.filter(({ done }) => done).length;
    const place = rest.findIndex((other, number) => number >= free && (other.start + other.depart) / 2 > middle);
    return place < 0 ? rest.length : place;
  }

  preview(drag, change) {
    return this.attempt(async () => {
      drag.stopAsking?.abort();
      drag.stopAsking = new AbortController();
      const tried = await ask(this.try_url, change, drag.stopAsking.signal);
      if (this.drag !== drag || drag.change !== change) return;
      drag.tried = tried;
      this.draw(tried.state, drag.stop.key);
      drag.slot.classList.toggle("is-bad", tried.faults.length > 0);
      this.tell(tried.faults.length ? tried.faults.map(({ text }) => text).join(" ") : `${tried.cost.text} · ${tried.cost.back}`, tried.faults.length ? "is-bad" : "is-cost");
    });
  }

  async dropped() {
    const drag = this.drag;
    if (!drag) return;
    if (!drag.began) { this.drag = null; return; }
    clearTimeout(drag.waiting);
    this.dragged = true;
    const { change, stop } = drag;
    this.letGo();
    setTimeout(() => { this.dragged = false; });
    const same = change?.kind === "moved" && change.to === this.state.stops.findIndex(({ key }) => key === stop.key);
    if (!change || same) return this.tell("");
    this.select(stop.key);
    await this.apply(change);
  }

  letGo() {
    this.drag?.stopAsking?.abort();
    clearTimeout(this.drag?.waiting);
    this.drag = null;
    this.element.classList.remove("is-dragging");
    this.draw(this.state);
  }
}

const clock = (second) => [second / 3600, (second / 60) % 60].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
