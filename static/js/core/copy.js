import { say } from "./toast.js";

/** A read-only field that selects and copies itself when it is tapped. */
export default function copy(field) {
  field.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      say(field.dataset.copied);
    } catch {
      // Without the permission the text stays selected, to be copied by hand.
    }
  });
}
