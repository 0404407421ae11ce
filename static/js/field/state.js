// The quiet line at the top: how old the stored day is, what waits to be sent, and what wants a person.
import { counts } from "./outbox.js";
import { events, keepUnkept, phone, show, state, unkept } from "./phone.js";
import { fill } from "../core/page.js";
import { ago, fieldTexts } from "./texts.js";

async function words() {
  const texts = fieldTexts();
  const store = await phone();
  const [day, acts] = store ? [await store.day(), await store.acts()] : [null, []];
  const { waiting, trouble } = counts(acts);
  return [
    state.offline && texts.offline,
    day && fill(texts.saved, { ago: ago(Date.now() - day.asked) }),
    waiting && fill(texts.to_send, { number: waiting }),
    trouble && fill(texts.trouble, { number: trouble }),
  ].filter(Boolean).join(" · ");
}

/** What a tap on the line leads to, where something must be done first. */
function urgent(texts) {
  if (state.wiped) return { text: texts.wiped_title, href: "/login" };
  if (state.signed_out) return { text: texts.sign_in, href: `/login?next=${encodeURIComponent(location.pathname)}` };
  if (state.reload || state.outdated) return { text: texts.reload, href: location.href };
  return null;
}

async function draw() {
  const line = document.getElementById("state");
  if (!line) return;
  const texts = fieldTexts();
  const first = urgent(texts);
  // A link without words is no link; before anything is kept it leads to what is on this phone.
  const text = first?.text ?? ((await words()) || texts.here);
  const kind = first || unkept.length ? "wanted" : state.offline ? "offline" : "";
  const span = line.querySelector("[data-text]");
  if (span.textContent !== text) span.textContent = text;
  line.href = first?.href ?? "/field/outbox";
  line.dataset.kind = kind;
  line.dataset.ready = "";
  full(texts);
}

/** The phone has no room: said until it has, with a way to try again. */
function full(texts) {
  const shown = document.getElementById("full");
  if (!unkept.length) return shown?.remove();
  if (shown) return undefined;
  const note = Object.assign(document.createElement("div"), { id: "full", className: "notice notice-bad", role: "alert" });
  const text = Object.assign(document.createElement("p"), { textContent: texts.full });
  const again = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: texts.try_again });
  again.addEventListener("click", async () => { if (await keepUnkept()) events.dispatchEvent(new Event("state")); });
  note.append(text, again);
  document.getElementById("main").before(note);
  return undefined;
}

export function showState() {
  const again = () => show(draw);
  events.addEventListener("state", again);
  events.addEventListener("changed", again);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#state") || (!state.reload && !state.outdated)) return;
    event.preventDefault();
    document.dispatchEvent(new Event("take-over"));
  });
  addEventListener("beforeunload", (event) => { if (unkept.length) event.preventDefault(); });
  again();
}
