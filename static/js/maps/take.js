// The form that chooses the paper shows the sheet anew as soon as something else is chosen.
export default function take(form) {
  form.addEventListener("change", () => form.requestSubmit());
}
