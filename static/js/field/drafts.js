// What is typed into a form with data-draft is kept at every key press and is there again when the form is, until its act is written.

const CHOICES = ["radio", "checkbox"];

/** [name, value, chosen] of every control that can be restored. */
function typed(form) {
  return [...form.elements].filter(({ name, type }) => name && !["hidden", "file", "submit", "button", "password"].includes(type))
    .map((field) => [field.name, field.multiple ? [...field.selectedOptions].map(({ value }) => value) : field.value, CHOICES.includes(field.type) ? field.checked : null]);
}

function restore(form, draft) {
  for (const [name, value, chosen] of draft) {
    const fields = [...form.elements].filter((field) => field.name === name);
    for (const field of fields) {
      if (CHOICES.includes(field.type)) {
        if (field.value === value) field.checked = chosen;
      } else if (field.multiple) for (const option of field.options) option.selected = value.includes(option.value);
      else if (!["hidden", "file"].includes(field.type)) field.value = value;
    }
  }
  form.dispatchEvent(new Event("restored", { bubbles: true }));
  for (const field of form.elements) if (field.name) field.dispatchEvent(new Event("input", { bubbles: false }));
}

const watched = new WeakSet();

export function keepDrafts(store) {
  if (!store) return;
  for (const form of document.querySelectorAll("form[data-draft]")) {
    if (watched.has(form)) continue;
    watched.add(form);
    const key = form.dataset.draft;
    store.draft(key).then((draft) => { if (draft) restore(form, draft); });
    const keep = () => store.keepDraft(key, typed(form)).catch(() => {});
    for (const type of ["input", "change", "click"]) form.addEventListener(type, (event) => { if (event.isTrusted || type === "change") keep(); });
  }
}
