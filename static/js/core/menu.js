// A <details> menu that closes like one: on Escape, on a click or scroll elsewhere; arrow keys walk through it. It is fixed to the
// screen below its button, or above where there is no room, so that no table cuts it off.

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
  const place = () => {
    if (!element.open) return;
    const list = element.querySelector("ul");
    const { top, bottom, right } = summary.getBoundingClientRect();
    const above = bottom + list.offsetHeight + 8 > innerHeight && top > list.offsetHeight;
    const left = Math.max(8, right - list.offsetWidth);
    Object.assign(list.style, { position: "fixed", right: "auto", left: `${left}px`, top: `${above ? top - list.offsetHeight - 4 : bottom + 4}px` });
  };
  element.addEventListener("toggle", place);
  document.addEventListener("scroll", (event) => { if (!element.contains(event.target)) element.open = false; }, { capture: true, passive: true });
  document.addEventListener("click", (event) => { if (!element.contains(event.target)) element.open = false; });
  element.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !element.contains(event.relatedTarget)) element.open = false;
  });
}
