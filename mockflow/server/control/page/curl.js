// A request of the journal as a command for curl. Pure.

const OWN = new Set(["host", "content-length", "connection", "accept-encoding", "transfer-encoding", "expect"]); // curl sets them
const HIDDEN = "(hidden)";

/** The command, and what it lacks; `origin` is the address for a request without a Host header, `world` its path. */
export function curlOf(exchange, origin, world = "") {
  const { headers, body } = exchange.request;
  const host = Object.entries(headers).find(([name]) => name.toLowerCase() === "host")?.[1];
  const base = host ? `${new URL(origin).protocol}//${host}` : origin;
  const words = ["curl"];
  if (exchange.method === "HEAD") words.push("--head");
  else if (exchange.method !== (body == null ? "GET" : "POST")) words.push("-X", quoted(exchange.method));
  if (/[[\]{}]/.test(exchange.target)) words.push("--globoff");
  if (/\/\.\.?(\/|$|\?)/.test(exchange.target)) words.push("--path-as-is");
  words.push(quoted(base + world + exchange.target));
  for (const [name, value] of Object.entries(headers)) {
    if (!OWN.has(name.toLowerCase())) words.push("-H", quoted(value === "" ? `${name};` : `${name}: ${value}`));
  }
  if (body != null && !Object.keys(headers).some((name) => name.toLowerCase() === "content-type")) words.push("-H", quoted("Content-Type:"));
  const text = body == null ? "" : typeof body === "string" ? body : JSON.stringify(body);
  if (body != null) words.push("--data-raw", quoted(text));
  const isHidden = [exchange.target, text, ...Object.values(headers)].some((part) => part.includes(HIDDEN));
  return { command: words.join(" "), note: isHidden ? "Secrets are hidden: put them in place of (hidden)." : "" };
}

/** A word for a POSIX shell. */
export const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
