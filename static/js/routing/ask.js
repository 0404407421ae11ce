// Asks the server about a plan: JSON there, JSON back, its own sentence when it refuses.
import { csrfToken, texts } from "../core/page.js";

export async function ask(url, body, signal) {
  const options = { headers: { Accept: "application/json" }, signal };
  if (body) Object.assign(options, { method: "post", body: JSON.stringify(body), headers: { ...options.headers, "Content-Type": "application/json", "X-CSRFToken": csrfToken() } });
  const response = await fetch(url, options).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Error(texts().offline);
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail || texts().failed);
  return answer;
}
