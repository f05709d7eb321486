// The tab "Check a claim".

import { call, narratives } from "./api.js";
import { caseCard } from "./cards.js";
import { bar, byId, h, percent } from "./dom.js";
import { judge } from "./feedback.js";

const VERDICTS = {
  match: ["Known claim", "This claim has been answered before. Read the response, and judge whether it fits."],
  possible: ["Possibly known", "These cases come close. Read them, and judge whether one is the same claim."],
  no_match: ["Not in this database — that does not mean it is true", ""],
};
const TIERS = { match: "match", possible: "possible match", no_match: "weak" };

export async function check() {
  const claim = byId("claim").value;
  const [codebook, answer] = await Promise.all([
    narratives(),
    call("v1/claims/check", { json: { claim } }),
  ]);
  const [title, note] = VERDICTS[answer.verdict];
  byId("verdict").dataset.outcome = answer.verdict;
  byId("verdict").replaceChildren(...[
    h("h2", { id: "verdict-title", tabindex: "-1" }, title),
    note ? h("p", {}, note) : "",
    ...answer.warnings.map((warning) => h("p", { class: "warning" }, warning)),
  ].filter(Boolean));
  byId("matches").replaceChildren(...answer.matches.map((match) => matchCard(match, answer.thresholds, codebook, claim)));
  byId("claim-results").hidden = false;
}

function matchCard(match, thresholds, codebook, claim) {
  const marks = [
    { at: thresholds.possible, title: `Possible from ${percent(thresholds.possible)}` },
    { at: thresholds.match, title: `A match from ${percent(thresholds.match)}` },
  ];
  const words = `Probability ${percent(match.probability)} that this case answers the claim; `
    + `possible from ${percent(thresholds.possible)}, a match from ${percent(thresholds.match)}`;
  const head = [
    h("span", { class: `badge tier-${match.tier}` }, TIERS[match.tier]),
    h("div", { class: "measure" }, bar(match.probability, marks, words),
      h("span", { class: "share" }, percent(match.probability))),
  ];
  const reasons = match.explanation.length
    ? h("div", { class: "reasons" }, h("b", {}, "Why"), h("ul", {}, match.explanation.map((reason) => h("li", {}, reason))))
    : null;
  const judged = judge("that this case answers the claim", { claim, case: match.case.id });
  return caseCard(match.case, codebook, { head, extra: [reasons, judged] });
}
