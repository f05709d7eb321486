// Calls of the service. The key is kept in memory only.

let key = "";

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || `The service answered ${status}.`);
    this.status = status;
    this.faults = problem.errors ?? [];
  }
}

export function useKey(value) {
  key = value;
}

/** The answer as JSON; throws `Refused` with what the service says. */
export async function call(path, { json, body, type } = {}) {
  const headers = {};
  if (key) headers["X-API-Key"] = key;
  if (json !== undefined) [headers["Content-Type"], body] = ["application/json", JSON.stringify(json)];
  else if (type) headers["Content-Type"] = type;
  let response;
  try {
    response = await fetch(path, { method: body === undefined ? "GET" : "POST", headers, body });
  } catch {
    throw new Refused(0, { detail: "The service cannot be reached. Is it still running?" });
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

/** The codebook as maps by id; asked for once. */
let codebook;
export function narratives() {
  codebook ??= call("v1/narratives").then(
    ({ narratives: list, themes }) => ({
      list,
      themes,
      byId: new Map(list.map((narrative) => [narrative.id, narrative])),
      theme: new Map(themes.map((theme) => [theme.id, theme])),
    }),
    (error) => {
      codebook = undefined;
      throw error;
    },
  );
  return codebook;
}
