// A <details> menu that closes like one: on Escape, on a click elsewhere, when another opens; arrow keys walk through it.

export default function menu(element) {
  const summary = element.querySelector("summary");
  const items = () => [...element.querySelectorAll("ul a, ul button")];
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { element.open = false; summary.focus(); }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    element.open = true;
    const all = items();
    const now = all.indexOf(document.activeElement);
    all[now < 0 && step < 0 ? all.length - 1 : (now + step + all.length) % all.length]?.focus();
  });
  document.addEventListener("click", (event) => { if (!element.contains(event.target)) element.open = false; });
  element.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !element.contains(event.relatedTarget)) element.open = false;
  });
}
