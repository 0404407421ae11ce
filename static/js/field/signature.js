// A signature drawn with a finger; the typed name is enough by itself. Kept with the visit like a photo.
import { say } from "../core/toast.js";
import { doAct, phone } from "./phone.js";
import { drop, take, taken, write } from "./pictures.js";

const INK = "#111";
const WIDTH = 3;

/** Draw with pointer events; `ended` is called after each stroke. */
function pad(canvas, ended) {
  const pen = canvas.getContext("2d");
  const clear = () => {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
  };
  const at = ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    return [((clientX - box.left) / box.width) * canvas.width, ((clientY - box.top) / box.height) * canvas.height];
  };
  let drawing = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    drawing = event.pointerId;
    canvas.setPointerCapture(drawing);
    Object.assign(pen, { strokeStyle: INK, lineWidth: WIDTH, lineCap: "round", lineJoin: "round" });
    pen.beginPath();
    pen.moveTo(...at(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing) return;
    for (const step of event.getCoalescedEvents?.() ?? [event]) pen.lineTo(...at(step));
    pen.stroke();
  });
  const end = (event) => {
    if (event.pointerId !== drawing) return;
    drawing = null;
    ended();
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  clear();
  return clear;
}

const png = (canvas) => new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });

async function forget(visit) {
  for (const { id, kind } of await taken(visit)) if (kind === "signed") await drop(visit, id);
}

export default async function signature(element) {
  const { visit, full } = element.dataset;
  const canvas = element.querySelector("canvas");
  const name = element.querySelector('[name="_signed_by"]');
  const store = await phone();
  // Without a store there is nowhere to keep a drawing: the typed name goes with the form.
  if (!store) return;
  element.querySelector("[data-pad]").hidden = false;
  let last = Promise.resolve();
  const clear = pad(canvas, () => {
    last = last.then(() => png(canvas)).then(async (blob) => { await forget(visit); await take(visit, "signed", blob); }).catch(() => say(full, "error"));
  });
  element.querySelector("[data-clear]").addEventListener("click", () => {
    clear();
    last = last.then(() => forget(visit));
  });
  name.form.addEventListener("acting", (event) => event.detail.push(async () => {
    await last;
    const typed = name.value.trim();
    const drawn = await write(visit, "signed", typed ? { name: typed } : {});
    if (!drawn && typed) await doAct("signed", { photo: crypto.randomUUID(), visit, taken_at: new Date().toISOString(), name: typed });
  }));
}
