const element = (id) => document.getElementById(id);

function tag(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function showLabels(answer) {
  const assigned = answer.scores.filter((score) => score.assigned);
  const lines = assigned.map((score) =>
    tag("p", `${score.narrative}: ${Math.round(score.probability * 100)} % (${score.stance})`));
  element("labels").replaceChildren(tag("h2", `Outcome: ${answer.outcome}`), ...lines,
    ...answer.warnings.map((warning) => tag("p", warning)));
}

// Offsets count code points, JavaScript strings count UTF-16 units: so the text is split by code points first.
function showPassages(text, answer) {
  const points = Array.from(text);
  const spans = new Map();
  for (const score of answer.scores) {
    for (const found of score.evidence) {
      const known = spans.get(found.start) ?? { ...found, narratives: [] };
      known.narratives.push(score.narrative);
      spans.set(found.start, known);
    }
  }
  const pieces = [];
  let at = 0;
  for (const span of [...spans.values()].sort((a, b) => a.start - b.start)) {
    pieces.push(points.slice(at, span.start).join(""));
    const mark = tag("mark", points.slice(span.start, span.end).join(""));
    mark.title = span.narratives.join(", ");
    pieces.push(mark);
    at = span.end;
  }
  pieces.push(points.slice(at).join(""));
  element("passages").replaceChildren(tag("h2", "Text"), ...pieces);
}

function caseCard({ case: known, similarity }) {
  const card = document.createElement("article");
  card.append(tag("h3", known.title), tag("p", known.response || known.summary),
    tag("p", `${known.date} · similarity ${similarity.toFixed(2)}`));
  if (known.url) {
    const link = tag("a", "Source");
    link.href = known.url;
    link.rel = "noopener noreferrer";
    card.append(link);
  }
  return card;
}

async function classify(event) {
  event.preventDefault();
  const text = element("text").value;
  const headers = { "Content-Type": "application/json" };
  if (element("key").value) headers["X-API-Key"] = element("key").value;
  element("status").textContent = "Reading …";
  try {
    const response = await fetch("v1/classify", { method: "POST", headers, body: JSON.stringify({ text }) });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail);
    showLabels(answer);
    showPassages(text, answer);
    element("cases").replaceChildren(tag("h2", "Nearest known cases"), ...answer.nearest_cases.map(caseCard));
    element("status").textContent = "";
  } catch (error) {
    element("status").textContent = error.message;
  }
}

element("form").addEventListener("submit", classify);
