// Times and responses as text.

const UNITS = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000]];

/** 2500 -> "2.5s", 65000 -> "1m 5s"; `digits` of a second at most. */
export function duration(ms, digits = 3) {
  if (ms < 0) return `-${duration(-ms, digits)}`;
  if (ms > 0 && ms < 1000 && digits === 3) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Number((Math.floor(ms / 10 ** (3 - digits)) * 10 ** (3 - digits) / 1000).toFixed(digits))}s`;
  const parts = [];
  let rest = Math.floor(ms / 1000) * 1000;
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count) parts.push(`${count}${unit}`);
  }
  return parts.slice(0, 2).join(" ");
}

/** As `duration`, but with constant width while time passes: "+12.4s". */
export function running(ms) {
  return ms < 60_000 ? `+${(Math.floor(ms / 100) / 10).toFixed(1)}s` : `+${duration(ms)}`;
}

export const date = (ms) => `${new Date(ms).toISOString().replace("T", " ").slice(0, 19)} UTC`;

export const number = (value) => value.toLocaleString("en");

const WHOLE = "drip"; // slow, but complete

/** The kind of a response, which selects its colour and shape. */
export function kindOf(exchange) {
  if (exchange.status === 0 || (exchange.connection && exchange.connection !== WHOLE)) return "broken";
  if (exchange.status >= 500) return "error";
  return exchange.status >= 400 ? "refused" : "ok";
}

export const GLYPHS = { NOT_STARTED: "○", PROVISIONING: "◐", COMPLETED: "✓", FAILED: "✕" };
export const KINDS = { ok: "✓", refused: "▲", error: "■", broken: "✕" };

export const glyph = (state) => GLYPHS[state] ?? "◇";

/** The CSS class of a state. */
export const stateClass = (state) => `state-${state in GLYPHS ? state.toLowerCase() : "other"}`;
