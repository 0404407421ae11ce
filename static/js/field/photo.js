// A photo of the visit: made small here, kept with the visit. Where the phone keeps nothing, the form carries the small picture itself.
import { say } from "../core/toast.js";
import { phone } from "./phone.js";
import { blobOf, drop, take, taken, write } from "./pictures.js";

const LONGEST_SIDE = 1600;
const QUALITY = 0.82;

/** The picture upright, at most 1600 pixels long, as a JPEG without anything that the camera wrote beside it. */
async function shrink(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const factor = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(bitmap.width * factor), height: Math.round(bitmap.height * factor) });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve, reject) => { canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", QUALITY); });
}

function card(element, id, blob, number) {
  const { alt, remove } = element.dataset;
  const item = document.createElement("li");
  const image = Object.assign(document.createElement("img"), { src: URL.createObjectURL(blob), alt: alt.replace("{number}", number), width: 96, height: 96 });
  image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn-icon", textContent: "×" });
  button.setAttribute("aria-label", `${remove} ${number}`);
  button.addEventListener("click", async () => { await drop(element.dataset.visit, id); await show(element); });
  item.append(image, button);
  return item;
}

async function show(element) {
  const list = element.querySelector("[data-list]");
  const mine = (await taken(element.dataset.visit)).filter(({ kind }) => kind === "photo_added");
  const cards = await Promise.all(mine.map(async ({ id }, index) => { const blob = await blobOf(id); return blob && card(element, id, blob, index + 1); }));
  list.replaceChildren(...cards.filter(Boolean));
  list.hidden = !mine.length;
  element.querySelector("[data-with-pictures]").hidden = !mine.length;
}

export default async function photo(element) {
  const { visit, broken, full } = element.dataset;
  const field = element.querySelector('input[type="file"]');
  const form = field.form;
  const store = await phone();
  if (store) await show(element);
  field.addEventListener("change", async () => {
    const small = [];
    for (const file of field.files) await shrink(file).then((blob) => small.push(blob), () => say(broken, "error"));
    if (store) {
      field.value = "";
      for (const blob of small) await take(visit, "photo_added", blob).catch(() => say(full, "error"));
      await show(element);
    } else {
      const carried = new DataTransfer();
      small.forEach((blob, index) => carried.items.add(new File([blob], `${index + 1}.jpg`, { type: blob.type })));
      field.files = carried.files;
    }
  });
  form.addEventListener("acting", (event) => {
    const keepsPlace = element.querySelector('[name="_keeps_place"]').checked;
    event.detail.push(() => write(visit, "photo_added", { keeps_place: keepsPlace }));
  });
}
