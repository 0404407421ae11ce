// Filters that work as soon as something is chosen; the button that sends them without a script goes away.

export default function filters(form) {
  form.querySelector("[data-plain]")?.remove();
  form.addEventListener("change", () => form.requestSubmit());
  form.addEventListener("submit", () => {
    for (const control of form.elements) if (control.name && !control.value) control.disabled = true;
  });
}
