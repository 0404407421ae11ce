// A slider over the choices of a select, for a hand on the map and for arrow keys; the select stays for who has no script.
import { make } from "../core/page.js";

const SETTLED_MILLISECONDS = 150;

export default function slider(select, label) {
  const names = [...select.options].map((option) => option.textContent);
  const range = make("input", { type: "range", className: "form-range", min: 0, max: names.length - 1, step: 1 });
  const said = make("output", { className: "months-said" });
  range.setAttribute("aria-label", label);
  let waiting;

  const show = () => {
    range.value = select.selectedIndex;
    said.textContent = names[select.selectedIndex];
    range.setAttribute("aria-valuetext", names[select.selectedIndex]);
  };
  range.addEventListener("input", (event) => {
    event.stopPropagation();
    select.selectedIndex = Number(range.value);
    show();
    clearTimeout(waiting);
    waiting = setTimeout(() => select.dispatchEvent(new Event("change", { bubbles: true })), SETTLED_MILLISECONDS);
  });
  range.addEventListener("change", (event) => event.stopPropagation());
  select.hidden = true;
  select.after(make("div", { className: "months-row" }, range, said));
  show();
  return show;
}
