// The board: cards move by dragging, or by the card's menu, which the keyboard and the phone use. The server says the new sums.
import { csrfToken, fill, json, texts } from "../core/page.js";
import { say } from "../core/toast.js";

const phone = matchMedia("(max-width: 767.98px)");
const NOBODY = "00000000-0000-0000-0000-000000000000";

export default async function board(element) {
  showWhichStage(element);
  if (!("movable" in element.dataset)) return;
  const mover = new Mover(element);
  element.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-move]");
    if (!opener) return;
    event.preventDefault();
    mover.ask(opener.closest(".deal"));
  });
  if (!matchMedia("(pointer: fine) and (min-width: 768px)").matches) return;
  const { default: Sortable } = await import("sortablejs");
  for (const list of element.querySelectorAll(".deals")) {
    Sortable.create(list, {
      group: "deals", draggable: ".deal", animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
      filter: "a.btn-icon", preventOnFilter: false, ghostClass: "deal-ghost", emptyInsertThreshold: 40,
      onEnd: ({ item, from, to, oldDraggableIndex, newDraggableIndex }) => {
        if (from === to && oldDraggableIndex === newDraggableIndex) return;
        mover.dropped(item, from, oldDraggableIndex, to);
      },
    });
  }
}

class Mover {
  constructor(element) {
    this.element = element;
    this.words = json("board-texts");
    this.menu = document.getElementById("move-to");
    this.loss = document.getElementById("lose");
    this.card = null;
    this.putBack = null;
    this.menu.addEventListener("click", (event) => {
      const button = event.target.closest("[data-to]");
      if (button) this.chosen(button);
    });
    this.loss.addEventListener("close", () => { this.putBack?.(); this.putBack = null; });
    this.loss.querySelector("[data-lose-form]").addEventListener("submit", () => { this.putBack = null; });
  }

  ask(card) {
    this.card = card;
    this.menu.querySelector("[data-name]").textContent = card.dataset.name;
    const here = card.closest("[data-stage]").dataset.stage;
    for (const button of this.menu.querySelectorAll("[data-to]")) button.disabled = button.dataset.to === here;
    this.menu.showModal();
  }

  chosen(button) {
    const list = this.element.querySelector(`.deals[data-stage="${button.dataset.to}"]`);
    const from = this.card.parentElement;
    const place = cards(from).indexOf(this.card);
    this.menu.close();
    if (button.dataset.kind === "open") list.prepend(this.card);
    this.dropped(this.card, from, place, list).then((moved) => moved && this.card.querySelector("[data-move]")?.focus());
  }

  async dropped(card, from, place, to) {
    const back = () => from.insertBefore(card, cards(from).filter((each) => each !== card)[place] ?? from.querySelector(".deal-more"));
    if (to.dataset.kind === "won" && from !== to) return this.submit("win", card.dataset.id);
    if (to.dataset.kind === "lost" && from !== to) return this.askWhy(card, back);
    if (to.dataset.kind !== "open") return back();
    try {
      await this.send(card, to);
      this.tell(card, to);
      return true;
    } catch (error) {
      back();
      say(error.message || texts().failed, "error");
      return false;
    }
  }

  /** Settling leaves the board's order to the server: the page is loaded again with an undo. */
  submit(formId, id) {
    const form = document.getElementById(formId);
    form.action = this.element.dataset.winUrl.replace(NOBODY, id);
    form.submit();
  }

  askWhy(card, back) {
    this.putBack = back;
    this.loss.querySelector("[data-lose-form]").action = this.element.dataset.loseUrl.replace(NOBODY, card.dataset.id);
    this.loss.showModal();
  }

  async send(card, to) {
    const body = new FormData();
    body.set("stage", to.dataset.stage);
    const above = cards(to)[cards(to).indexOf(card) - 1];
    if (above) body.set("above", above.dataset.id);
    const url = `${this.element.dataset.moveUrl.replace(NOBODY, card.dataset.id)}?${this.element.dataset.query}`;
    const headers = { "X-CSRFToken": csrfToken(), "X-Requested-With": "board", Accept: "application/json" };
    const response = await fetch(url, { method: "post", body, headers }).catch(() => { throw new Error(texts().offline); });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.detail || texts().failed);
    this.show(answer);
  }

  show({ columns, open }) {
    for (const [stage, { count, sums }] of Object.entries(columns)) {
      for (const place of document.querySelectorAll(`[data-count-of="${stage}"]`)) place.textContent = count;
      const sum = document.querySelector(`[data-sums-of="${stage}"]`);
      if (sum) sum.textContent = sums.join(" · ") || "–";
    }
    document.querySelector("[data-open-sum]").textContent = open.join(" · ") || "–";
  }

  tell(card, to) {
    const stage = document.getElementById(`head-${to.dataset.stage}`).textContent.trim();
    const place = cards(to).indexOf(card) + 1;
    document.getElementById("board-said").textContent = fill(this.words.place, { name: card.dataset.name, place, stage });
  }
}

const cards = (list) => [...list.querySelectorAll(":scope > .deal")];

/** On a phone one stage fills the screen: the switcher marks the one in view, and the board is as long as that one. */
function showWhichStage(element) {
  const links = [...document.querySelectorAll(".board-stages a")];
  const columns = element.querySelectorAll(".board-column");
  let current = columns[0];
  const fit = () => { element.style.height = phone.matches ? `${current.offsetHeight}px` : ""; };
  const grows = new ResizeObserver(fit);
  const comes = new IntersectionObserver((seen) => {
    current = seen.find((each) => each.isIntersecting)?.target ?? current;
    for (const link of links) {
      if (link.hash === `#${current.id}`) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    fit();
  }, { root: element, rootMargin: "0px -40%" });
  for (const column of columns) {
    grows.observe(column);
    comes.observe(column);
  }
  for (const link of links) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const column = document.querySelector(link.hash);
      element.scrollTo({ left: column.offsetLeft - columns[0].offsetLeft });
      link.scrollIntoView({ block: "nearest", inline: "center" });
    });
  }
}
