// Only the questions of the chosen kind of visit are asked, and nothing has to be answered where nobody was met.
export default function questions(element) {
  const form = document.getElementById(element.dataset.form);
  const more = element.querySelector("details");
  const demanded = [...element.querySelectorAll("[required]")];
  const show = () => {
    const wanted = form.elements.visit_type?.value ?? "";
    for (const group of element.querySelectorAll("fieldset[data-type]")) group.hidden = group.disabled = group.dataset.type !== wanted;
    for (const field of demanded) field.required = form.elements.outcome.value !== "not_met";
  };
  // What is missing must be seen to be filled in.
  form.addEventListener("submit", () => { if (more.querySelector("fieldset:enabled :invalid, :scope > div :invalid")) more.open = true; }, true);
  for (const type of ["change", "restored"]) form.addEventListener(type, show);
  show();
}
