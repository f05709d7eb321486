// The tab "Analyse a text".

import { call, narratives } from "./api.js";
import { caseCard } from "./cards.js";
import { bar, byId, h, nameOf, percent, plural } from "./dom.js";
import { judge, labelForm } from "./feedback.js";

const COLOURS = 8;
const OUTCOMES = {
  labelled: (answer) => `${plural(answer.labels.length, "narrative")} found`,
  none: () => "No known narrative found",
  unsure: () => "Unsure",
};
const NOTES = {
  none: "None of the narratives of the codebook stands out. That does not mean that the text is true.",
  unsure: "The text gives no ground for a clear answer.",
};

/** Analyse the text in the field; a page is sent as a page, and its main text comes back. */
export async function analyse(page) {
  const field = byId("text");
  const options = { title: byId("title").value.trim() };
  const source = page ?? (/^\s*<(!doctype html|html)[\s>]/i.test(field.value) ? field.value : null);
  const [codebook, answer] = await Promise.all([
    narratives(),
    source === null
      ? call("v1/classify", { json: { text: field.value, ...options } })
      : call(`v1/classify?${new URLSearchParams(options)}`, { body: source, type: "text/html; charset=utf-8" }),
  ]);
  // Offsets refer to the text that was sent, or that was taken out of the page.
  const text = answer.analysed.text ?? field.value;
  if (answer.analysed.text !== null && answer.analysed.text !== undefined) field.value = text;
  if (answer.analysed.title && !byId("title").value) byId("title").value = answer.analysed.title;
  show(text, answer, codebook);
}

function show(text, answer, codebook) {
  const found = answer.scores.filter((score) => score.assigned);
  // What was found but not assigned, because it is only refuted, is worth seeing, too.
  const refuted = answer.scores.filter((score) => !score.assigned && score.evidence.length > 0);
  const numbered = [...found, ...refuted].map((score, index) => ({ ...score, number: index + 1 }));
  byId("outcome").replaceChildren(...outcome(answer));
  byId("outcome").dataset.outcome = answer.outcome;
  byId("labels").replaceChildren(
    ...numbered.map((score) => labelCard(score, codebook, { text, answer })),
    allScores(answer.scores, codebook),
    h("div", { class: "card" }, labelForm(codebook, subjects(text, answer))));
  const title = byId("title").value.trim();
  byId("passages").replaceChildren(...passages(text, numbered, answer.nearest_cases));
  byId("passages-title").textContent = title;
  byId("passages-title").hidden = !title;
  byId("legend").hidden = numbered.length === 0;
  byId("cases-near").replaceChildren(...answer.nearest_cases.map((near) => nearCard(near, codebook)));
  byId("near").hidden = answer.nearest_cases.length === 0;
  byId("about").textContent = about(answer);
  byId("results").hidden = false;
  byId("form").hidden = true;
}

function outcome(answer) {
  const note = NOTES[answer.outcome];
  return [
    h("h2", { id: "outcome-title", tabindex: "-1" }, OUTCOMES[answer.outcome](answer)),
    note ? h("p", {}, note) : null,
    ...answer.warnings.map((warning) => h("p", { class: "warning" }, warning)),
  ].filter(Boolean);
}

function about(answer) {
  const { language, analysed, model } = answer;
  const name = language.code === "und" ? "Language unknown" : nameOf("language", language.code);
  return [
    language.supported ? name : `${name} (not covered by this model)`,
    plural(analysed.sentences, "sentence"),
    plural(analysed.characters, "character"),
    `model ${model.version}`,
  ].join(" · ");
}

const colour = (number) => `n${(number - 1) % COLOURS}`;

/** What feedback on an answer says of where it comes from. */
const origin = (text, answer) => ({ text, title: byId("title").value.trim(), version: answer.model.version });

/** What the answer says of the sentence that begins at `start`: stances by narrative. */
function assignedAt(answer, start) {
  const found = answer.scores.filter((score) => score.assigned)
    .flatMap((score) => score.evidence.filter((one) => one.start === start).map((one) => [score.narrative, one.stance]));
  return Object.fromEntries(found);
}

const spanOf = ({ start, end, exact }) => ({ start, end, exact });

/** The text and each sentence with evidence, to be labelled anew. */
function subjects(text, answer) {
  const stances = Object.fromEntries(answer.scores.filter((score) => score.assigned).map((score) => [score.narrative, score.stance]));
  const about = { ...origin(text, answer), labels: answer.labels };
  const sentences = new Map(answer.scores.flatMap((score) => score.evidence).map((one) => [one.start, one]));
  return [["The whole text", about, stances], ...[...sentences.values()].map((one) => {
    const assigned = assignedAt(answer, one.start);
    return [short(one.exact, 60), { ...about, labels: Object.keys(assigned), sentence: spanOf(one) }, assigned];
  })];
}

function judgeSentence(found, score, { text, answer }) {
  const assigned = assignedAt(answer, found.start);
  return judge(`that this sentence carries ${score.narrative}`, {
    ...origin(text, answer),
    sentence: spanOf(found),
    narratives: [score.narrative],
    stances: { [score.narrative]: found.stance },
    labels: Object.keys(assigned),
  });
}

function labelCard(score, codebook, shown) {
  const known = codebook.byId.get(score.narrative);
  const links = score.evidence.map((found) =>
    h("li", {}, h("button", { type: "button", class: "link", onclick: () => goTo(`[data-start="${found.start}"]`) },
      short(found.exact)), " ", h("span", { class: "quiet" }, percent(found.probability)),
      score.assigned ? judgeSentence(found, score, shown) : null));
  return h("article", {
    class: `card label ${colour(score.number)}`,
    id: `label-${score.number}`,
    tabindex: "-1",
    "data-number": score.number,
    onmouseenter: () => link([score.number]),
    onmouseleave: () => link([]),
    onfocusin: () => link([score.number]),
    onfocusout: () => link([]),
  },
  h("p", { class: "quiet theme" }, codebook.theme.get(score.theme)?.name ?? score.theme),
  h("h3", { title: known?.definition },
    h("span", { class: "number", "aria-hidden": "true" }, String(score.number)), known?.name ?? score.narrative),
  stanceBadge(score),
  h("div", { class: "measure" },
    bar(score.probability, [{ at: score.threshold, title: `Threshold ${percent(score.threshold)}` }],
      `Probability ${percent(score.probability)}, assigned from ${percent(score.threshold)}`),
    h("span", { class: "share" }, percent(score.probability))),
  score.assigned ? judge(`the label ${known?.name ?? score.narrative}`, {
    ...origin(shown.text, shown.answer), narratives: [score.narrative], stances: { [score.narrative]: score.stance }, labels: shown.answer.labels,
  }) : null,
  links.length ? h("details", { open: false }, h("summary", {}, plural(links.length, "sentence")), h("ul", {}, links)) : null);
}

function stanceBadge(score) {
  const stance = score.stance ?? (score.assigned ? null : "refuted");
  if (!stance) return null;
  const speakers = [...new Set(score.evidence.map((found) => found.speaker).filter(Boolean))];
  const to = stance === "attributed" && speakers.length ? ` to ${speakers.join(", ")}` : "";
  return h("p", {}, h("span", { class: `badge ${stance}` }, `${stance}${to}`));
}

function allScores(scores, codebook) {
  const rows = scores.map((score) => h("li", {},
    h("span", {}, codebook.byId.get(score.narrative)?.name ?? score.narrative),
    bar(score.probability, [{ at: score.threshold, title: `Threshold ${percent(score.threshold)}` }],
      `Probability ${percent(score.probability)}, assigned from ${percent(score.threshold)}`),
    h("span", { class: "share" }, percent(score.probability))));
  return h("details", { class: "all" }, h("summary", {}, `All ${plural(scores.length, "narrative")}`), h("ul", {}, rows));
}

/** The text in pieces: marks where evidence stands, plain spans where a known case comes near. */
function passages(text, scores, nearest) {
  // Offsets count code points, JavaScript strings count UTF-16 units.
  const points = Array.from(text);
  const evidence = scores.flatMap((score) => score.evidence.map((found) => ({ ...found, score })));
  const edges = new Set([0, points.length]);
  for (const { start, end } of [...evidence, ...nearest.map((near) => near.span)]) edges.add(start).add(end);
  const sorted = [...edges].sort((a, b) => a - b);
  return sorted.slice(0, -1).map((start, index) => {
    const end = sorted[index + 1];
    const exact = points.slice(start, end).join("");
    const covers = (span) => span.start <= start && end <= span.end;
    const here = evidence.filter(covers);
    if (here.length) return mark(exact, start, here);
    return nearest.some((near) => covers(near.span)) ? h("span", { class: "near", "data-start": start, tabindex: "-1" }, exact) : exact;
  });
}

function mark(exact, start, evidence) {
  const numbers = [...new Set(evidence.map(({ score }) => score.number))];
  const attributed = evidence.every((found) => found.stance === "attributed");
  const refuted = evidence.every((found) => found.stance === "refuted");
  const made = h("mark", {
    class: [colour(numbers[0]), attributed && "attributed", refuted && "refuted"].filter(Boolean).join(" "),
    tabindex: "0",
    role: "link",
    "data-start": start,
    "data-numbers": numbers.join(" "),
    "aria-describedby": numbers.map((number) => `label-${number}`).join(" "),
    title: evidence.map((found) => describe(found)).join("\n"),
    onmouseenter: () => link(numbers),
    onmouseleave: () => link([]),
    onfocus: () => link(numbers),
    onblur: () => link([]),
    onclick: () => goTo(`#label-${numbers[0]}`),
    onkeydown: (event) => event.key === "Enter" && goTo(`#label-${numbers[0]}`),
  }, exact);
  if (numbers.length > 1) made.style.setProperty("--second", `var(--tint-${(numbers[1] - 1) % COLOURS})`);
  return made;
}

const describe = ({ score, stance, speaker, probability }) =>
  `${score.number}: ${stance}${speaker ? ` to ${speaker}` : ""}, ${percent(probability)}`;

function nearCard(near, codebook) {
  const where = h("p", { class: "beside" }, h("b", {}, "Beside "),
    h("button", { type: "button", class: "link", onclick: () => goTo(`[data-start="${near.span.start}"]`) }, short(near.span.exact)));
  const head = [h("span", { class: "badge", title: "Cosine of the two sentences' vectors" },
    `similarity ${near.similarity.toFixed(2)}`)];
  return caseCard(near.case, codebook, { head, extra: where });
}

/** Make labels and the sentences that carry them stand out together. */
function link(numbers) {
  for (const card of byId("labels").querySelectorAll("[data-number]"))
    card.classList.toggle("linked", numbers.includes(Number(card.dataset.number)));
  for (const sentence of byId("passages").querySelectorAll("mark")) {
    const own = sentence.dataset.numbers.split(" ").map(Number);
    sentence.classList.toggle("linked", own.some((number) => numbers.includes(number)));
  }
}

function goTo(selector) {
  const target = byId("results").querySelector(selector);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  target?.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "center" });
  target?.focus({ preventScroll: true });
}

function short(text, length = 110) {
  const points = Array.from(text);
  return points.length <= length ? text : `${points.slice(0, length - 1).join("").trimEnd()}…`;
}
