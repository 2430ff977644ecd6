import { CYAN, DIM, GREEN, type Paint, RED, YELLOW } from "./paint.ts";
import { escapeUnsafe, showMeasure, showSeconds, showValue } from "./values.ts";

/** The sentence about an event, and the members that are in it. */
export interface Sentence {
  readonly text: string;
  /** The sentence without durations and other figures that differ from one occurrence to the next. */
  readonly key: string;
  readonly used: readonly string[];
  /** Whether it is about the service, and not about the request during which it was noticed. */
  readonly ofService?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;
type Writer = (fields: Fields, paint: Paint, room: number) => Sentence | undefined;

const word = (value: unknown): string => (typeof value === "string" ? escapeUnsafe(value) : showValue(value));
const took = ({ value }: Fields): string => (typeof value === "number" ? showSeconds(value) : "");
const STATES: Readonly<Record<string, number>> = {
  closed: GREEN,
  open: RED,
  "half-open": YELLOW,
  healthy: GREEN,
  degraded: YELLOW,
  unhealthy: RED,
  ready: GREEN,
  failed: RED,
};

const say = (text: string, used: readonly string[], key: string = text): Sentence => ({
  text,
  key,
  used: [...used, "event", "value", "unit"],
});

function state(value: unknown, paint: Paint): string {
  const text = word(value);
  const color = STATES[text];
  return color === undefined ? text : paint(text, color);
}

/** `previous → state`, or the state alone. */
function change(previous: unknown, next: unknown, paint: Paint): string {
  return previous === undefined ? state(next, paint) : `${state(previous, paint)} → ${state(next, paint)}`;
}

function request(fields: Fields, paint: Paint, room: number): Sentence | undefined {
  const { method, path, route, status } = fields;
  const code = Number(status);
  if (method === undefined || !Number.isFinite(code)) return undefined;
  const color = code >= 500 ? RED : code >= 400 ? YELLOW : code >= 300 ? CYAN : GREEN;
  const place = cutMiddle(word(path ?? route), Math.max(16, room - 24));
  const head = `${word(method)} ${place} ${paint(String(code), color)}`;
  const used = ["method", "path", "route", "status", "address"];
  return say(`${head} ${paint(took(fields), DIM)}`, used, head);
}

function transition(fields: Fields, paint: Paint): Sentence | undefined {
  const { breaker, from, to, failed, calls, slow, reason } = fields;
  if (breaker === undefined || to === undefined) return undefined;
  const text = `breaker ${word(breaker)}: ${change(from, to, paint)}${causeOf(fields)}`;
  return ofService(say(text, Object.keys({ breaker, from, to, failed, calls, slow, reason })));
}

function causeOf({ failed, calls, slow, reason }: Fields): string {
  // The calls that are counted here are those that opened the breaker earlier.
  if (reason === "probes") return ", the probes failed";
  const bad = typeof failed === "number" ? failed : slow;
  if (typeof bad !== "number" || typeof calls !== "number" || calls <= 0) return because(reason);
  const share = `, ${Math.round((bad / calls) * 100)} % of ${calls} ${calls === 1 ? "call" : "calls"}`;
  return `${share} ${bad === failed ? "failed" : "were slow"}${reason === "failures" || reason === "slow" ? "" : because(reason)}`;
}

const ATTEMPTS: Readonly<Record<string, string>> = { ok: "succeeded in", cancelled: "was cancelled after", failure: "failed after", timeout: "timed out after" }; // biome-ignore format: one row

function attempt(fields: Fields, paint: Paint): Sentence | undefined {
  const { policy, attempt: number, outcome } = fields;
  if (policy === undefined || outcome === undefined) return undefined;
  const call = typeof number === "number" ? `attempt ${number}` : "call";
  const head = `${word(policy)}: ${call} ${ATTEMPTS[String(outcome)] ?? `${word(outcome)} after`}`;
  const used = ["policy", "outcome", "attempt"];
  // The error of a timeout says nothing more than that.
  if (outcome === "timeout") used.push("error");
  return say(`${head} ${paint(took(fields), DIM)}`, used, head);
}

const ofService = (sentence: Sentence): Sentence => ({ ...sentence, ofService: true });
const because = (reason: unknown): string => (reason === undefined ? "" : ` (${word(reason)})`);

const WRITERS: Readonly<Record<string, Writer>> = {
  "http.request": request,
  "resilience.transition": transition,
  "health.status": ({ check, status, previous, code }, paint) =>
    ofService(
      say(`health of ${word(check)}: ${change(previous, status, paint)}${because(code)}`, [
        "check",
        "status",
        "previous",
        "code",
      ]),
    ),
  "health.check": (fields, paint) =>
    say(
      `check of ${word(fields.check)}: ${state(fields.status, paint)} ${paint(took(fields), DIM)}`,
      ["check", "status"],
      `check of ${word(fields.check)}: ${word(fields.status)}`,
    ),
  "lifecycle.state": ({ state: next, previous, reason }, paint) =>
    ofService(say(`service: ${change(previous, next, paint)}${because(reason)}`, ["state", "previous", "reason"])),
  "lifecycle.signal": ({ signal, effect }) => say(`${word(signal)} received: ${word(effect)}`, ["signal", "effect"]),
  "lifecycle.drain": (fields, paint) => say(`drained in ${took(fields)}: ${state(fields.outcome, paint)}`, ["outcome"]),
  "lifecycle.resource_start": (fields) =>
    say(
      `${word(fields.resource)} ${fields.outcome === "ok" ? "started in" : "failed to start after"} ${took(fields)}`,
      ["resource", "outcome"],
    ),
  "lifecycle.resource_stop": (fields) =>
    say(`${word(fields.resource)} ${fields.outcome === "ok" ? "closed in" : "failed to close after"} ${took(fields)}`, [
      "resource",
      "outcome",
    ]),
  "resilience.tier": ({ tiers, tier, outcome }) =>
    say(`${word(tiers)}: ${word(tier)} ${word(outcome)}`, ["tiers", "tier", "outcome"]),
  "resilience.attempt": attempt,
};

/** The sentence about any other event: its name and its value. */
function plain({ event, value, unit }: Fields, paint: Paint): Sentence {
  const head = word(event);
  const measured = typeof value === "number" ? ` ${paint(showMeasure(value, unit), DIM)}` : "";
  return say(head + measured, [], head);
}

/**
 * Returns a sentence about a telemetry event, or about the start or end of an operation; `undefined` if the line is neither.
 *
 * @param room - columns of the terminal that are left
 */
export function sentenceOf(
  message: string | undefined,
  fields: Fields,
  paint: Paint,
  room: number,
): Sentence | undefined {
  const { event, operation, durationMs, slowAfterMs } = fields;
  if (typeof operation === "string" && message === `${operation} started`) {
    const text = escapeUnsafe(message);
    return { text, key: text, used: ["operation"] };
  }
  if (
    typeof operation === "string" &&
    message?.startsWith(`${operation} `) === true &&
    typeof durationMs === "number"
  ) {
    const head = escapeUnsafe(message);
    const over = fields.slow === true && typeof slowAfterMs === "number";
    const limit = over ? `, over ${showSeconds(slowAfterMs / 1000)}` : "";
    return {
      text: `${head} ${paint(showSeconds(durationMs / 1000), DIM)}${limit}`,
      key: head,
      used: ["operation", "durationMs", ...(over ? ["slow", "slowAfterMs"] : [])],
    };
  }
  // A line of the application may have a field called `event`. The message of an event is its name.
  if (typeof event !== "string" || event !== message || !event.includes(".")) return undefined;
  const writer = Object.hasOwn(WRITERS, event) ? WRITERS[event] : undefined;
  return writer?.(fields, paint, room) ?? plain(fields, paint);
}

function cutMiddle(text: string, most: number): string {
  if (text.length <= most) return text;
  const half = Math.floor((most - 1) / 2);
  return `${text.slice(0, half)}…${text.slice(text.length - half)}`;
}
