/** Proposes this device's time zone until somebody chose one. */
export default function setup(form) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const choice = form.elements.timezone;
  const isUntouched = !form.elements.organisation.value;
  if (isUntouched && [...choice.options].some((option) => option.value === zone)) choice.value = zone;
}
