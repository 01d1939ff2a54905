// Calls of the control API, with its token where it has one.

/** The control API that this page belongs to: /_mockflow, and that of a further world /_world/NAME/_mockflow. */
export const CONTROL_API = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
/** The path below which the clients of this world send their requests: empty, or /_world/NAME. */
export const WORLD = CONTROL_API.match(/\/_world\/[^/]+(?=\/_mockflow$)/)?.[0] ?? "";
const KEY = "mockflow-token"; // in this tab only, so that a reload does not ask again

let token = kept();
takeFromAddress();

/** Takes the token of /_mockflow/?token=... out of the address: it does not belong into history and links. */
function takeFromAddress() {
  const query = new URLSearchParams(location.search);
  const given = query.get("token");
  if (given === null) return;
  query.delete("token");
  const rest = query.toString();
  history.replaceState(null, "", location.pathname + (rest ? `?${rest}` : "") + location.hash);
  setToken(given);
}

export function setToken(value) {
  token = value;
  try {
    sessionStorage.setItem(KEY, value);
  } catch {
    // without storage a reload asks again
  }
}

function kept() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** The address of the event stream, whose reader cannot send headers. */
export const eventsAddress = () => `${CONTROL_API}/events${token ? `?token=${encodeURIComponent(token)}` : ""}`;

export const get = (path) => ask(path);
export const post = (path, body) => ask(path, { method: "POST", body: typeof body === "string" ? body : body && JSON.stringify(body) });
export const put = (path, body) => ask(path, { method: "PUT", body });
export const remove = (path) => ask(path, { method: "DELETE" });

async function ask(path, options) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  let answer;
  try {
    answer = await fetch(CONTROL_API + path, { ...options, headers });
  } catch {
    throw Object.assign(new Error("The server does not answer."), { status: 0, problems: [] });
  }
  const content = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(content.error.message), { status: answer.status, problems: content.error.problems });
  return content;
}
