// A day drawn to scale: hours downwards, each drive, wait, visit and lunch as tall as it is long. On a phone the same rows stand as a list.
import { make } from "../core/page.js";

const PIXELS_A_MINUTE = 1.7;
const LOW = 15; // a drive lower than this many pixels has no room for words

export class Dayline {
  constructor(element, texts) {
    this.element = element;
    this.texts = texts;
    this.slots = new Map();
  }

  /** Draw a state; `held` is the key of a stop that the pointer holds, whose place it keeps. */
  draw(state, held) {
    this.state = state;
    const focused = this.element.contains(document.activeElement) ? document.activeElement.closest("[data-key]")?.dataset.key : null;
    this.element.style.setProperty("--height", `${this.pixels(state.last - state.first)}px`);
    const rows = [...state.ticks.map((tick) => this.tick(tick)), ...this.rows(state, held)];
    this.element.replaceChildren(...rows);
    for (const key of [...this.slots.keys()]) if (!state.stops.some((stop) => stop.key === key)) this.slots.delete(key);
    if (focused) this.slots.get(focused)?.querySelector(".day-slot-open").focus();
  }

  pixels(seconds) { return Math.round((seconds / 60) * PIXELS_A_MINUTE); }

  /** The second of the day at a height on the screen. */
  secondAt(clientY) {
    const { top } = this.element.getBoundingClientRect();
    return this.state.first + Math.round(((clientY - top) / PIXELS_A_MINUTE) * 60);
  }

  place(element, begin, end) {
    element.style.setProperty("--top", `${this.pixels(begin - this.state.first)}px`);
    element.style.setProperty("--size", `${this.pixels(end - begin)}px`);
    return element;
  }

  tick({ at, text }) {
    return this.place(make("li", { className: "tick", textContent: text, ariaHidden: "true" }), at, at);
  }

  /** Everything in the order of time, so that the list reads as it happens. */
  rows(state, held) {
    const rows = [];
    let now = state.leave;
    for (const stop of state.stops) {
      if (stop.arrive > now) rows.push([now, this.quiet("drive", now, stop.arrive, stop.travel_text)]);
      if (stop.start - stop.arrive >= 300) rows.push([stop.arrive, this.quiet("wait", stop.arrive, stop.start, stop.wait_text)]);
      rows.push([stop.start, this.stop(stop, held)]);
      now = stop.depart;
    }
    if (state.stops.length && state.back > now) rows.push([now, this.quiet("drive", now, state.back, state.end_text ?? this.texts.home)]);
    for (const pause of state.breaks) rows.push([pause.start, this.quiet("lunch", pause.start, pause.end, pause.text)]);
    return rows.sort(([one], [other]) => one - other).map(([, row]) => row);
  }

  quiet(kind, begin, end, text) {
    const words = this.texts[kind] ? `${this.texts[kind]} ${text}` : text;
    const row = make("li", { className: `day-slot-quiet day-slot-${kind}` }, make("span", { textContent: words }));
    if (this.pixels(end - begin) < LOW) row.classList.add("is-low");
    return this.place(row, begin, end);
  }

  stop(stop, held) {
    const known = this.slots.get(stop.key) ?? this.made(stop.key);
    const open = known.querySelector(".day-slot-open");
    known.className = "day-slot";
    known.classList.toggle("is-fixed", Boolean(stop.fixed));
    known.classList.toggle("is-kept", Boolean(stop.locked || stop.pinned));
    known.classList.toggle("is-over", Boolean(stop.done));
    known.classList.toggle("is-held", stop.key === held);
    known.classList.toggle("is-short", stop.depart - stop.start < 1500);
    known.querySelector(".day-slot-number").textContent = stop.number;
    known.querySelector(".day-slot-name").textContent = stop.name;
    known.querySelector(".day-slot-time").textContent = stop.start_text;
    open.querySelector(".visually-hidden").textContent = `, ${stop.start_text}–${stop.depart_text}`;
    return stop.key === held ? known : this.place(known, stop.start, stop.depart);
  }

  made(key) {
    const open = make("button", { type: "button", className: "day-slot-open" },
      make("span", { className: "day-slot-number" }), " ", make("span", { className: "day-slot-name" }), make("span", { className: "visually-hidden" }));
    const time = make("span", { className: "day-slot-time", title: this.texts.drag_time ?? "", ariaHidden: "true" });
    const known = make("li", { className: "day-slot" }, open, time);
    known.dataset.key = key;
    this.slots.set(key, known);
    return known;
  }

  select(key) {
    for (const [each, slot] of this.slots) slot.querySelector(".day-slot-open").setAttribute("aria-pressed", String(each === key));
  }
}
