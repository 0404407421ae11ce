// Ordering from the price list: search, one more, one less, the total; the order is an act. Without scripts the form takes typed quantities.
import { say } from "../core/toast.js";
import { act } from "./act.js";
import { linesOf, quantity, stepped, total } from "./basket.js";
import { phone } from "./phone.js";

/** For whom and at which visit, by the address: the stored page is the same for all. */
const asked = () => Object.fromEntries([...new URLSearchParams(location.search)].filter(([name]) => name === "account" || name === "visit"));

const folded = (text) => text.toLowerCase().normalize("NFKC");

export default function order(form) {
  const rows = [...form.querySelectorAll("[data-product]")];
  const field = (row) => row.querySelector("input");
  const { currency, digits } = form.dataset;
  const money = new Intl.NumberFormat(document.documentElement.lang || "en", { style: "currency", currency, minimumFractionDigits: Number(digits), maximumFractionDigits: Number(digits) });
  const shown = document.getElementById("order-total");
  const lines = () => linesOf(rows.map((row) => ({ product: row.dataset.product, price: Number(row.dataset.price), name: row.dataset.name, text: field(row).value })));

  const count = () => {
    for (const row of rows) {
      const many = quantity(field(row).value);
      row.classList.toggle("is-chosen", many > 0);
      field(row).setAttribute("aria-invalid", Number.isNaN(many));
      row.querySelector('[data-step="-1"]').disabled = !(many > 0);
    }
    const found = lines();
    shown.textContent = found?.length ? money.format(total(found) / 10 ** Number(digits)) : "";
  };

  form.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-step]");
    if (!button) return;
    const input = field(button.closest("[data-product]"));
    input.value = stepped(input.value, Number(button.dataset.step));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  for (const button of form.querySelectorAll("[data-step]")) button.hidden = false;

  const search = form.querySelector("[data-search]");
  const words = search.querySelector("input");
  search.hidden = false;
  words.addEventListener("input", () => {
    const wanted = folded(words.value.trim());
    for (const row of rows) row.hidden = !folded(`${row.dataset.name} ${row.dataset.code}`).includes(wanted);
    form.querySelector("[data-none]").hidden = rows.some((row) => !row.hidden);
  });
  words.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });

  const { account, visit } = { ...JSON.parse(form.dataset.values), ...asked() };
  const then = visit ? `/field/visits/${visit}` : "/field/";
  document.querySelector(".field-top a.btn-icon")?.setAttribute("href", then);

  // What was chosen for this visit or account is there again when the page is.
  const draft = `order-${visit ?? account}`;
  const keep = async () => (await phone())?.keepDraft(draft, { note: form.elements.note.value, chosen: rows.map((row) => [row.dataset.product, field(row).value]).filter(([, text]) => text) });
  phone().then((store) => store?.draft(draft)).then((known) => {
    if (!known) return;
    const chosen = new Map(known.chosen);
    for (const row of rows) field(row).value = chosen.get(row.dataset.product) ?? "";
    form.elements.note.value = known.note;
    count();
  });
  for (const type of ["input", "change"]) form.addEventListener(type, () => { count(); keep(); });
  count();

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const found = lines();
    if (!found?.length) {
      rows.map(field).find((input) => input.getAttribute("aria-invalid") === "true")?.focus();
      return say(form.dataset.empty, "error");
    }
    if (!(await phone())) return form.submit();
    const note = form.elements.note.value.trim();
    const body = { ...JSON.parse(form.dataset.values), ...asked(), order: form.elements.order.value || crypto.randomUUID(), lines: found, ...(note && { note }) };
    return act("ordered", body, { then, said: form.dataset.said, draft });
  });
}
