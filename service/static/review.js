// The tab "Review": texts to label, the most useful first.

import { call, narratives } from "./api.js";
import { byId, h, percent, plural } from "./dom.js";
import { agree, labelForm } from "./feedback.js";

/** Ask for the next texts; they are handed out to whoever sits here. */
export async function next() {
  const query = new URLSearchParams({ limit: 5, strategy: byId("strategy").value });
  const [codebook, answer] = await Promise.all([narratives(), call(`v1/review-queue?${query}`)]);
  byId("queue").replaceChildren(...answer.items.map((item) => h("li", {}, itemCard(item, codebook))));
  const waiting = `${plural(answer.counts.waiting, "text")} waiting`;
  if (!answer.items.length) return `Nothing to label now: ${waiting}, ${answer.counts.leased} handed out.`;
  return `${plural(answer.items.length, "text")} for you, for ${Math.round(answer.leased_seconds / 60)} minutes. ${waiting}.`;
}

/** Put a text into the queue. */
export async function put(text) {
  const answer = await call("v1/review-queue", { json: { text } });
  return answer.added ? "The text waits in the queue." : "The text is in the queue already.";
}

function itemCard(item, codebook) {
  const name = (id) => codebook.byId.get(id)?.name ?? id;
  const stances = Object.fromEntries(item.scores.filter((score) => score.assigned)
    .map((score) => [score.narrative, score.stance || "asserted"]));
  const about = { item: item.id };
  const card = h("article", { class: "card review", "aria-label": item.title || "Text to label", tabindex: "-1" });
  const done = () => {
    card.classList.add("judged");
    for (const button of card.querySelectorAll("button")) button.disabled = true;
  };
  const said = item.labels.length
    ? item.labels.map((id) => `${name(id)}, ${stances[id]} (${percent(item.scores.find((s) => s.narrative === id).probability)})`).join("; ")
    : item.outcome === "unsure" ? "unsure" : "no narrative";
  card.append(
    ...(item.title ? [h("h3", {}, item.title)] : []),
    h("p", { class: "text" }, item.text),
    h("p", {}, h("b", {}, "The model says "), said),
    agree(item.labels.length ? "That is right" : "It carries none",
      { ...about, narratives: item.labels, stances, labels: item.labels }, done),
    labelForm(codebook, [["The whole text", about, stances]], done));
  return card;
}
