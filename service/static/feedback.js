// Feedback: buttons that confirm and reject, and a form that labels anew.

import { call } from "./api.js";
import { h } from "./dom.js";

const STANCES = ["asserted", "attributed", "refuted"];
const DONE = {
  confirm: "Confirmed. It waits for an editor.",
  reject: "Rejected. It waits for an editor.",
  relabel: "Stored. It waits for an editor.",
};

/** Send feedback once; `status` says in words what came of it. */
async function send(json, controls, status) {
  for (const control of controls) control.disabled = true;
  status.textContent = "Sending …";
  try {
    await call("v1/feedback", { json });
    status.textContent = DONE[json.kind];
    return true;
  } catch (error) {
    status.textContent = error.message;
    for (const control of controls) control.disabled = false;
    return false;
  }
}

const statusLine = () => h("span", { class: "quiet", role: "status" });

/** Two buttons on what `about` holds: text or claim, narratives, labels. `name` is what a screen reader calls it. */
export function judge(name, about) {
  const status = statusLine();
  const buttons = [["confirm", "Confirm"], ["reject", "Reject"]].map(([kind, word]) =>
    h("button", { type: "button", class: "small", "aria-label": `${word} ${name}`,
      onclick: () => send({ ...about, kind }, buttons, status) }, word));
  return h("span", { class: "judge" }, buttons, status);
}

/** A button that confirms the answer on a text as a whole. */
export function agree(word, about, onDone) {
  const status = statusLine();
  const button = h("button", { type: "button", class: "small",
    onclick: async () => (await send({ ...about, kind: "confirm" }, [button], status)) && onDone() }, word);
  return h("span", { class: "judge" }, button, status);
}

/**
 * A form that names everything a text or sentence carries. `subjects` are [words, about, stances by narrative assigned];
 * where there are several, one chooses.
 */
export function labelForm(codebook, subjects, onDone = () => {}) {
  const status = statusLine();
  const rows = codebook.list.map((narrative) => {
    const box = h("input", { type: "checkbox", value: narrative.id });
    const stance = h("select", { "aria-label": `Stance towards ${narrative.name}` },
      STANCES.map((name) => h("option", { value: name }, name)));
    stance.addEventListener("change", () => { box.checked = true; });
    return { narrative, box, stance };
  });
  const choice = h("select", { "aria-label": "What to label" },
    subjects.map(([words], index) => h("option", { value: index }, words)));
  const fill = () => {
    const [, , stances] = subjects[Number(choice.value)];
    for (const { narrative, box, stance } of rows) {
      box.checked = narrative.id in stances;
      stance.value = stances[narrative.id] ?? "asserted";
    }
  };
  choice.addEventListener("change", fill);
  const note = h("input", { type: "text", maxlength: "5000", "aria-label": "Note", placeholder: "Why (optional)" });
  const button = h("button", { type: "submit", class: "small" }, "Store these labels");
  const form = h("form", { class: "labelling", onsubmit: async (event) => {
    event.preventDefault();
    const chosen = rows.filter(({ box }) => box.checked);
    const [, about] = subjects[Number(choice.value)];
    const json = {
      ...about,
      kind: "relabel",
      narratives: chosen.map(({ narrative }) => narrative.id),
      stances: Object.fromEntries(chosen.map(({ narrative, stance }) => [narrative.id, stance.value])),
      note: note.value.trim(),
    };
    if (await send(json, [button], status)) {
      button.disabled = false;
      onDone();
    }
  } },
  subjects.length > 1 ? choice : null,
  h("fieldset", {}, h("legend", { class: "quiet" }, "What it carries or refutes; nothing ticked means none"),
    h("ul", {}, rows.map(({ narrative, box, stance }) =>
      h("li", {}, h("label", { title: narrative.definition }, box, " ", narrative.name), stance)))),
  note, h("div", { class: "row" }, button, status));
  fill();
  return h("details", {}, h("summary", {}, "Label anew"), form);
}
