// The place to drop a file: shows its name and size, and says before it is sent that one is too large.
import { number } from "../core/page.js";

export default function drop(element) {
  const input = element.querySelector("input[type=file]");
  const name = element.querySelector("[data-name]");
  const hint = element.querySelector("[data-hint]");
  const over = (is) => element.classList.toggle("is-over", is);

  for (const kind of ["dragenter", "dragover"]) element.addEventListener(kind, () => over(true));
  for (const kind of ["dragleave", "drop"]) element.addEventListener(kind, () => over(false));
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (!file) return;
    const megabytes = file.size / 1024 ** 2;
    const isTooLarge = megabytes > Number(element.dataset.megabytes);
    name.textContent = file.name;
    hint.textContent = isTooLarge ? element.dataset.tooLarge : `${number(Math.max(megabytes, 0.01), { maximumSignificantDigits: 2 })} MB`;
    element.classList.toggle("is-bad", isTooLarge);
    input.setCustomValidity(isTooLarge ? element.dataset.tooLarge : "");
    if (isTooLarge) input.value = "";
  });
}
