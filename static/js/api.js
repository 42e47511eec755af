// The public REST API, with the session cookie of this page.

const ROOT = "/api/v1";

/** What the API refused; `message` is the sentence for people. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || "The exchange did not answer as expected.");
    this.status = status;
    this.code = body.code ?? "";
    this.body = { detail: this.message, ...body };
  }
}

function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

async function call(method, path, body) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(ROOT + path, {
      method,
      headers,
      credentials: "same-origin",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem(0, { detail: "The exchange cannot be reached. Nothing is lost; try again." });
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, answer);
  return answer;
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);
export const patch = (path, body) => call("PATCH", path, body);
export const remove = (path) => call("DELETE", path);
