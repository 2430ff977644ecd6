import { describeError, REDACTED, scrubAndCut, scrubSecrets } from "@seaworthy/core";
import type { Limits } from "../limits.ts";
import { isPlain, quote } from "./json-text.ts";
import type { KeyInfo, KeyTable } from "./key-table.ts";
import { itemsOf, kindOf, plainKeys, readMember } from "./values.ts";

const BLANK = JSON.stringify(REDACTED);
// An error's record nests ten causes, each with a context of its own; `describeError` has bounded it already.
const ERROR_DEPTH = 24;
// Texts and numbers up to this length always count as seen, so that short ones need no bookkeeping.
const ALWAYS_SEEN = 24;
const HUGE = 1n << 1024n;

/**
 * Writes any value as bounded JSON without ever throwing: cuts are marked, cycles and unreadable members named, names
 * that hide are blanked out, and errors described. Nothing of the caller's is changed.
 *
 * Texts that JSON writes as they are stay unscrubbed unless `scrub` is set: whoever joins the line looks for secrets in
 * the whole of it, once, which costs far less than looking in each text.
 */
export class JsonWriter {
  readonly limits: Limits;
  readonly keys: KeyTable;
  busy = false;
  /** Whether every text is scrubbed of secrets. */
  scrub = false;
  /** Length of the longest text written; no longer secret can be in what was written. */
  longest: number = ALWAYS_SEEN;
  /** UTF-16 units of output left. */
  room = 0;
  #text = 0;
  #left = 0;
  #ancestors: object[] = [];

  constructor(limits: Limits, keys: KeyTable) {
    this.limits = limits;
    this.keys = keys;
  }

  /** Begins anew with so many UTF-16 units of output, and so many of one text. */
  begin(room: number, text: number = this.limits.text): void {
    this.room = room;
    this.#text = text;
    this.#left = this.limits.values;
    this.longest = ALWAYS_SEEN;
    if (this.#ancestors.length > 0) this.#ancestors = [];
  }

  /** The value as JSON, or `""` where JSON has none: undefined, functions, symbols. */
  value(value: unknown, depth: number): string {
    this.#left--;
    switch (typeof value) {
      case "string":
        return this.text(value);
      case "number":
        return this.#number(value);
      case "boolean":
        this.room -= 5;
        return value ? "true" : "false";
      case "bigint":
        return value > HUGE || value < -HUGE ? this.text("[bigint]") : this.text(String(value));
      case "object":
        return value === null ? "null" : this.#object(value, depth);
      default:
        return "";
    }
  }

  text(text: string): string {
    const limit = this.room < this.#text ? Math.max(0, this.room) : this.#text;
    let json: string;
    if (text.length > limit) json = quote(scrubAndCut(text, limit));
    else if (!isPlain(text)) json = quote(scrubSecrets(text));
    else json = `"${this.scrub ? scrubSecrets(text) : text}"`;
    if (text.length > this.longest) this.longest = text.length;
    this.room -= json.length;
    return json;
  }

  /** What the table knows of a name; while scrubbing, of the scrubbed name. */
  key(key: string): KeyInfo {
    const info = this.scrub ? this.keys.scrubbed(key) : this.keys.get(key);
    if (key.length > this.longest) this.longest = key.length;
    return info;
  }

  /** The value of a member as JSON; blanked out if its name hides. */
  member(info: KeyInfo, value: unknown, depth: number): string {
    if (!info.hidden) return this.value(value, depth);
    this.room -= BLANK.length;
    return value === undefined || typeof value === "function" ? "" : BLANK;
  }

  #number(value: number): string {
    const text = `${value}`;
    this.room -= text.length + 2;
    if (!Number.isFinite(value)) return `"${text}"`;
    return this.scrub && scrubSecrets(text) !== text ? BLANK : text;
  }

  #object(value: object, depth: number): string {
    const ancestors = this.#ancestors;
    if (depth <= 0 || this.room <= 0 || this.#left <= 0) return Array.isArray(value) ? '"[array]"' : '"[object]"';
    if (ancestors.length > 0 && ancestors.includes(value)) return '"[circular]"';
    ancestors.push(value);
    const level = ancestors.length;
    try {
      return this.#composite(value, depth);
    } catch {
      return '"[unreadable]"'; // a Proxy's trap or a toJSON of the host threw
    } finally {
      ancestors.length = level - 1;
    }
  }

  #composite(value: object, depth: number): string {
    switch (kindOf(value)) {
      case "plain":
        return this.#members(value as Record<string, unknown>, depth - 1);
      case "array":
        return this.#items(value as unknown[], (value as unknown[]).length, depth - 1);
      case "error":
        return this.#members(describeError(value) as unknown as Record<string, unknown>, ERROR_DEPTH);
      case "date": {
        const time = (value as Date).getTime();
        return this.text(Number.isNaN(time) ? "Invalid Date" : new Date(time).toISOString());
      }
      case "bytes":
        return this.text(`[${(value as ArrayBuffer).byteLength} bytes]`);
      case "json":
        return this.value((value as { toJSON(): unknown }).toJSON(), depth - 1);
      case "set":
        return this.#items(
          itemsOf(value as Set<unknown>, this.limits.members),
          (value as Set<unknown>).size,
          depth - 1,
        );
      case "map":
        return this.#entries(value as Map<unknown, unknown>, depth - 1);
      case "boxed":
        return this.value(value.valueOf(), depth);
    }
  }

  #items(items: readonly unknown[], size: number, depth: number): string {
    const most = Math.min(size, this.limits.members);
    let json = "[";
    let i = 0;
    for (; i < most && this.room > 0 && this.#left > 0; i++) {
      const item = this.value(readMember(items, i), depth);
      json += `${i === 0 ? "" : ","}${item === "" ? "null" : item}`;
      this.room--;
    }
    if (i < size) json += `${i === 0 ? "" : ","}"[${size - i} more]"`;
    this.room -= 2;
    return `${json}]`;
  }

  #members(value: Record<string, unknown>, depth: number): string {
    const most = this.limits.members;
    let json = "";
    let count = 0;
    let taken: Set<string> | undefined;
    for (const key in value) {
      if (!Object.hasOwn(value, key)) continue;
      if (count >= most || this.room <= 0 || this.#left <= 0) {
        const all = plainKeys(value);
        json += `${json === "" ? "" : ","}"${claim("…", taken ?? new Set(all))}":"[${all.length - count} more]"`;
        break;
      }
      count++;
      const info = this.key(key);
      const item = this.member(info, readMember(value, key), depth);
      if (item === "") continue;
      let name = info.json;
      if (info.altered) {
        taken ??= new Set(plainKeys(value));
        name = quote(claim(info.name, taken));
      }
      json += `${json === "" ? "" : ","}${name}:${item}`;
      this.room -= name.length + 2;
    }
    this.room -= 2;
    return `{${json}}`;
  }

  // Different keys of a Map may have the same text, so they are made different first.
  #entries(map: Map<unknown, unknown>, depth: number): string {
    const taken = new Set<string>();
    const plain: Record<string, unknown> = Object.create(null);
    for (const entry of itemsOf(map, this.limits.members)) {
      const [key, value] = entry as [unknown, unknown];
      const name = typeof key === "object" && key !== null ? "[object]" : String(key);
      plain[claim(name, taken)] = value;
    }
    const missing = map.size - taken.size;
    if (missing > 0) plain[claim("…", taken)] = `[${missing} more]`;
    return this.#members(plain, depth);
  }
}

/** `name`, or with as many underscores behind it as make it different from those taken; it is taken then. */
export function claim(name: string, taken: Set<string>): string {
  let free = name;
  while (taken.has(free)) free += "_";
  taken.add(free);
  return free;
}
