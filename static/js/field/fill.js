/** Buttons that fill the field they belong to: one tap instead of typing. */
export default function fill(chips) {
  const field = document.getElementById(chips.dataset.field);
  const show = () => {
    for (const chip of chips.children) chip.setAttribute("aria-pressed", chip.value === field.value);
  };
  chips.hidden = false;
  chips.addEventListener("click", ({ target }) => {
    const chip = target.closest("button");
    if (!chip) return;
    field.value = chip.value === field.value ? "" : chip.value;
    show();
  });
  field.addEventListener("input", show);
  show();
}
