// Toasts: said for eight seconds, kept while the pointer or the focus is on them; errors and what can be undone stay until dismissed.

function watch(note) {
  const button = note.querySelector("[data-dismiss]");
  button.hidden = false;
  button.addEventListener("click", () => note.remove());
  if (note.matches(".toast-error, .toast-danger")) return;
  const seconds = note.querySelector("form") ? 20 : 8;
  let timer;
  const wait = () => { timer = setTimeout(() => note.remove(), seconds * 1000); };
  const hold = () => clearTimeout(timer);
  for (const type of ["pointerenter", "focusin"]) note.addEventListener(type, hold);
  for (const type of ["pointerleave", "focusout"]) note.addEventListener(type, wait);
  wait();
}

/** Say a sentence; `kind` is "info" or "error". */
export function say(text, kind = "info") {
  const region = document.getElementById("toasts");
  const note = region.querySelector("template").content.firstElementChild.cloneNode(true);
  note.classList.add(`toast-${kind}`);
  note.querySelector(".toast-text").textContent = text;
  region.append(note);
  watch(note);
  return note;
}

export default function toasts(region) {
  region.querySelectorAll(":scope > .toast-note").forEach(watch);
}
