// Work under way: asks the job's address for {state, text, done, total, result_url} and shows it, less often the longer it takes.
import { csrfToken, number } from "./page.js";

export default function progress(element) {
  const part = (name) => element.querySelector(`[data-${name}]`);
  const bar = element.querySelector("progress");
  let pause = 500;
  let asked;

  const show = ({ state, text, done, total, result_url: result }) => {
    element.dataset.state = state;
    if (text) part("text").textContent = text;
    if (total) Object.assign(bar, { max: total, value: done ?? 0 });
    if (total) part("count").textContent = `${number(done ?? 0, { maximumSignificantDigits: 21 })} / ${number(total, { maximumSignificantDigits: 21 })}`;
    const over = !["waiting", "running"].includes(state);
    if (over) {
      if (!bar.hasAttribute("value") || state === "done") Object.assign(bar, { value: state === "done" ? bar.max : 0 });
      part("cancel")?.remove();
    }
    if (over && result) Object.assign(part("result"), { href: result, hidden: false });
    if (over) element.dispatchEvent(new CustomEvent("finished", { bubbles: true, detail: { state, result } }));
    return over;
  };
  const ask = async () => {
    clearTimeout(asked);
    let over = !element.isConnected;
    try {
      const response = await fetch(element.dataset.url, { headers: { Accept: "application/json" } });
      if (response.ok) over = show(await response.json());
      else if (response.status < 500) over = true;
    } catch { /* no connection: the next try will tell */ }
    pause = Math.min(pause * 1.3, 5000);
    if (!over) asked = setTimeout(ask, pause);
  };
  part("cancel")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.submitter.disabled = true;
    await fetch(event.target.action, { method: "post", headers: { "X-CSRFToken": csrfToken() } });
    pause = 500;
    ask();
  });
  ask();
}
