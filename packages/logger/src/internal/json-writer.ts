import { types } from "node:util";
import { describeError, REDACTED, scrubSecrets } from "@seaworthy/core";
import { blankCredentials, scrubAndCut } from "@seaworthy/core/redaction";
import { isPlain, quote } from "./json-text.ts";
import type { KeyInfo, KeyTable } from "./key-table.ts";
import type { Limits } from "./read-limits.ts";
import type { PathState } from "./redact-paths.ts";
import type { RedactRules } from "./redactor.ts";
import { fileText, itemsOf, jsonOf, kindOf, membersOf, plainKeys, readMember } from "./values.ts";

const BLANK = JSON.stringify(REDACTED);
// The record of an error has up to ten nested causes, each with a context. `describeError` has bounded it already.
const ERROR_DEPTH = 24;
// This writer blanks the members of the record by the rules of its logger.
const SHOW_ALL = { redact: () => false };
const HUGE = 1n << 1024n;

/**
 * Writes any value as JSON of a limited length, and never throws. What is cut is marked, and so are cycles and members that
 * cannot be read. Members are blanked by their names and paths, and errors are described. The value is not changed.
 *
 * Strings that JSON writes unchanged are not searched for secrets unless `scrub` is set. The complete line is searched once
 * by `writeLine`, which costs far less than to search each string.
 *
 * Core walks values in two other places, `jsonSafe` and `describeError`, which build bounded copies as objects. This third
 * walk writes text directly, because a logger cannot afford a copy of each logged object and `JSON.stringify` of that copy.
 * It also knows the length of the JSON while it writes, and so where to cut.
 */
export class JsonWriter {
  readonly limits: Limits;
  readonly keys: KeyTable;
  readonly #rules: RedactRules | undefined;
  busy = false;
  /** Whether secrets are blanked in every string. */
  scrub = false;
  /** How many UTF-16 units of output are left. */
  room = 0;
  #text = 0;
  #field = 0;
  #left = 0;
  #ancestors: object[] = [];
  /** Where in the paths of the redaction the value is that is being written. */
  #at: PathState | undefined;
  #path: string[] = [];
  #settled = false;

  constructor(limits: Limits, keys: KeyTable) {
    this.limits = limits;
    this.keys = keys;
    this.#rules = keys.redactor.rules;
  }

  /** Names from the top of the line to the value that is being written; empty if the redaction has no rules. */
  get path(): readonly string[] {
    return this.#path;
  }

  /** Starts again with limits in UTF-16 units: of the output, of one string, and of one field. */
  begin(room: number, text: number = this.limits.text, field: number = this.limits.field): void {
    this.#field = field;
    this.room = room;
    this.#text = text;
    this.#left = this.limits.values;
    if (this.#ancestors.length > 0) this.#ancestors = [];
    if (this.#rules === undefined) return;
    this.#at = this.#rules.paths;
    this.#path = [];
  }

  /** Returns the value as JSON, or `""` if JSON cannot express it: undefined, functions and symbols. */
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
    else if (this.scrub || !isPlain(text)) json = quote(blankCredentials(scrubSecrets(text)));
    else json = `"${text}"`;
    this.room -= json.length;
    return json;
  }

  /** Returns what is known about a name, or about the scrubbed name if `scrub` is set. */
  key(key: string): KeyInfo {
    return this.scrub ? this.keys.scrubbed(key) : this.keys.get(key);
  }

  /** Returns the value of a member as JSON, blanked if a rule says so. */
  member(info: KeyInfo, value: unknown, depth: number): string {
    if (this.#rules !== undefined) return this.#ruled(this.#rules, info, value, depth);
    if (!info.hidden) return this.value(value, depth);
    this.room -= BLANK.length;
    return value === undefined || typeof value === "function" ? "" : BLANK;
  }

  /** Returns the value of a field of a line as JSON, and leaves room for the fields after it. */
  field(info: KeyInfo, value: unknown): string {
    const left = this.room;
    // A quarter of what is left is for the fields after it.
    const most = Math.min(left - (left >> 2), this.#field);
    this.room = most;
    let json = this.member(info, value, this.limits.depth);
    // The marks of what was cut add a little.
    const bound = this.#field + (this.#field >> 2) + 64;
    if (json.length * 3 > bound && Buffer.byteLength(json) > bound) {
      this.room = Math.floor(most / 6); // bytes are more than units
      json = this.member(info, value, this.limits.depth);
    }
    this.room = left - json.length;
    return json;
  }

  /** Writes JSON again with secrets blanked. The rules for names and paths have been applied to it already. */
  rewrite(json: string): string {
    this.#settled = true;
    try {
      return this.value(JSON.parse(json), this.limits.depth);
    } finally {
      this.#settled = false;
    }
  }

  #ruled(
    rules: RedactRules,
    { key, hidden: named }: Pick<KeyInfo, "key" | "hidden">,
    value: unknown,
    depth: number,
  ): string {
    const outer = this.#at;
    const at = outer?.next(key);
    this.#at = at;
    this.#path.push(key);
    const hidden = at?.rule === undefined ? named : at.rule.hides;
    const json = hidden && !this.#settled ? this.#censored(rules, value, depth) : this.value(value, depth);
    this.#path.pop();
    this.#at = outer;
    return json;
  }

  #censored({ censor, remove }: RedactRules, value: unknown, depth: number): string {
    if (remove || value === undefined || typeof value === "function") return "";
    let shown: unknown = censor ?? REDACTED;
    if (typeof censor === "function") {
      try {
        shown = censor(value, [...this.#path]);
      } catch {
        shown = REDACTED; // the function of the host threw, so that nothing of the value may be shown
      }
    }
    return this.value(shown, depth);
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
      return '"[unreadable]"'; // a trap of a Proxy or a toJSON of the host threw
    } finally {
      ancestors.length = level - 1;
    }
  }

  #composite(value: object, depth: number): string {
    switch (kindOf(value)) {
      case "plain":
        return this.#members(value, depth - 1);
      case "array":
        return Array.isArray(value) ? this.#items(value, value.length, depth - 1) : "";
      case "error":
        return this.#members(describeError(value, SHOW_ALL), ERROR_DEPTH);
      case "json":
        return this.value(jsonOf(value), depth - 1);
      case "pairs":
        return this.#members(membersOf(value), depth - 1);
      case "file":
        return this.text(fileText(value));
      case "boxed":
        return this.value(value.valueOf(), depth);
      default:
        return this.#builtIn(value, depth - 1);
    }
  }

  #builtIn(value: object, depth: number): string {
    if (types.isDate(value)) {
      const time = value.getTime();
      return this.text(Number.isNaN(time) ? "Invalid Date" : new Date(time).toISOString());
    }
    if (types.isSet(value)) return this.#items(itemsOf(value, this.limits.members), value.size, depth);
    if (types.isMap(value)) return this.#entries(value, depth);
    return this.text(`[${readMember(value, "byteLength")} bytes]`);
  }

  #items(items: readonly unknown[], size: number, depth: number): string {
    const most = Math.min(size, this.limits.members);
    let json = "[";
    let i = 0;
    for (; i < most && this.room > 0 && this.#left > 0; i++) {
      const each = readMember(items, i);
      const item =
        this.#rules === undefined
          ? this.value(each, depth)
          : this.#ruled(this.#rules, { key: `${i}`, hidden: false }, each, depth);
      json += `${i === 0 ? "" : ","}${item === "" ? "null" : item}`;
      this.room--;
    }
    if (i < size) json += `${i === 0 ? "" : ","}"[${size - i} more]"`;
    this.room -= 2;
    return `${json}]`;
  }

  /** @param missing - how many members were left out before */
  #members(value: object, depth: number, missing = 0): string {
    const most = this.limits.members;
    let json = "";
    let count = 0;
    let cut = missing;
    let taken: Set<string> | undefined;
    for (const key in value) {
      if (!Object.hasOwn(value, key)) continue;
      if (count >= most || this.room <= 0 || this.#left <= 0) {
        cut += plainKeys(value).length - count;
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
    if (cut > 0) json += `${json === "" ? "" : ","}"${claim("…", taken ?? new Set(plainKeys(value)))}":"[${cut} more]"`;
    this.room -= 2;
    return `{${json}}`;
  }

  // Different keys of a Map may be the same as strings, so that they are made different first.
  #entries(map: ReadonlyMap<unknown, unknown>, depth: number): string {
    const taken = new Set<string>();
    const plain: Record<string, unknown> = Object.create(null);
    for (const [key, value] of itemsOf(map, this.limits.members)) {
      const name = typeof key === "object" && key !== null ? "[object]" : String(key);
      plain[claim(name, taken)] = value;
    }
    return this.#members(plain, depth, map.size - taken.size);
  }
}

/** Returns `name`, with as many underscores as make it different from the names that are taken, and takes it. */
export function claim(name: string, taken: Set<string>): string {
  let free = name;
  while (taken.has(free)) free += "_";
  taken.add(free);
  return free;
}
