/** Says while a new prospect is typed whom of those around it may be already; the server looks again when it is saved. */
import { json } from "../core/page.js";
import { twins } from "./twins.js";

export default function prospect(form) {
  const near = json("near-accounts");
  const hint = form.querySelector("[data-hint]");
  const place = ["lon", "lat"].map((name) => form.elements[name].value);
  const [lon, lat] = place.every(Boolean) ? place.map(Number) : [null, null];
  const look = () => {
    const [name, street, postcode] = ["name", "street", "postcode"].map((field) => form.elements[field].value);
    const [twin] = twins(near, { name, street, postcode, lon, lat });
    hint.hidden = !twin;
    if (!twin) return;
    const text = twin.metres === null ? form.dataset.textKnown : form.dataset.text;
    hint.textContent = text.replace("{name}", twin.account.name).replace("{metres}", Math.round(twin.metres));
  };
  form.addEventListener("input", look);
  look();
}
