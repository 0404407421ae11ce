// Usual answers beside a field: a press puts one in, ready to be sent or written on.

export default function reasons(element) {
  const field = document.getElementById(element.dataset.for);
  element.hidden = false;
  element.addEventListener("click", (event) => {
    const chip = event.target.closest("button");
    if (!chip) return;
    field.value = chip.textContent.trim();
    field.focus();
  });
}
