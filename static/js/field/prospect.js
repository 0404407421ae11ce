/** Says while a new prospect is typed whom of those around it may be already; the server looks again when it is saved. */
import { json } from "../core/page.js";
import { phone } from "./phone.js";
import { twins } from "./twins.js";

/** Those that the server named, or those that the phone keeps; the stored page takes its place from its own address. */
async function around(form) {
  if (document.getElementById("near-accounts")) return json("near-accounts");
  const asked = new URLSearchParams(location.search);
  for (const name of ["lon", "lat"]) form.elements[name].value = asked.get(name) ?? "";
  const isPlaced = Boolean(asked.get("lon") && asked.get("lat"));
  form.querySelector("[data-placed]").hidden = !isPlaced;
  form.querySelector("[data-unplaced]").hidden = isPlaced;
  return (await (await phone())?.day())?.body.accounts ?? [];
}

export default async function prospect(form) {
  const near = await around(form);
  const hint = form.querySelector("[data-hint]");
  const insist = form.querySelector("[data-insist]");
  const place = ["lon", "lat"].map((name) => form.elements[name].value);
  const [lon, lat] = place.every(Boolean) ? place.map(Number) : [null, null];
  const look = () => {
    const [name, street, postcode] = ["name", "street", "postcode"].map((field) => form.elements[field].value);
    const [twin] = twins(near, { name, street, postcode, lon, lat });
    hint.hidden = !twin;
    if (insist) insist.hidden = !twin;
    if (!twin) return;
    const text = twin.metres === null ? form.dataset.textKnown : form.dataset.text;
    hint.textContent = text.replace("{name}", twin.account.name).replace("{metres}", Math.round(twin.metres));
  };
  form.addEventListener("input", look);
  look();
}
