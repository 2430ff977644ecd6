import { describeError, REDACTED, scrubSecrets } from "@seaworthy/core";
import { blankCredentials, scrubAndCut } from "@seaworthy/core/redaction";
import { isPlain, quote } from "./json-text.ts";
import type { KeyInfo, KeyTable } from "./key-table.ts";
import type { Limits } from "./read-limits.ts";
import type { PathState } from "./redact-paths.ts";
import type { RedactRules } from "./redactor.ts";
import { fileText, itemsOf, kindOf, membersOf, plainKeys, readMember } from "./values.ts";

const BLANK = JSON.stringify(REDACTED);
// An error's record nests ten causes, each with a context of its own; `describeError` has bounded it already.
const ERROR_DEPTH = 24;
// This writer blanks out the members of the record itself, by the rules of its logger.
const SHOW_ALL = { redact: () => false };
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
  readonly #rules: RedactRules | undefined;
  busy = false;
  /** Whether every text is scrubbed of secrets. */
  scrub = false;
  /** UTF-16 units of output left. */
  room = 0;
  #text = 0;
  #field = 0;
  #left = 0;
  #ancestors: object[] = [];
  /** Where in the paths of the redaction the value stands that is being written. */
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

  /** Begins anew with so many UTF-16 units of output, so many of one text, and so many of one field. */
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
    else if (this.scrub || !isPlain(text)) json = quote(blankCredentials(scrubSecrets(text)));
    else json = `"${text}"`;
    this.room -= json.length;
    return json;
  }

  /** What the table knows of a name; while scrubbing, of the scrubbed name. */
  key(key: string): KeyInfo {
    return this.scrub ? this.keys.scrubbed(key) : this.keys.get(key);
  }

  /** The value of a member as JSON; blanked out if its name hides. */
  member(info: KeyInfo, value: unknown, depth: number): string {
    if (this.#rules !== undefined) return this.#ruled(this.#rules, info.key, info.hidden, value, depth);
    if (!info.hidden) return this.value(value, depth);
    this.room -= BLANK.length;
    return value === undefined || typeof value === "function" ? "" : BLANK;
  }

  /** The value of a field of a line as JSON, which leaves room for the fields behind it. */
  field(info: KeyInfo, value: unknown): string {
    const left = this.room;
    // A quarter of what is left is for the fields behind.
    const most = Math.min(left - (left >> 2), this.#field);
    this.room = most;
    let json = this.member(info, value, this.limits.depth);
    // Marks of what was cut add a little.
    const bound = this.#field + (this.#field >> 2) + 64;
    if (json.length * 3 > bound && Buffer.byteLength(json) > bound) {
      this.room = Math.floor(most / 6); // bytes are more than units
      json = this.member(info, value, this.limits.depth);
    }
    this.room = left - json.length;
    return json;
  }

  /** What is in a line already, to be scrubbed: names and paths have been dealt with. */
  rewrite(json: string): string {
    this.#settled = true;
    try {
      return this.value(JSON.parse(json), this.limits.depth);
    } finally {
      this.#settled = false;
    }
  }

  #ruled(rules: RedactRules, key: string, named: boolean, value: unknown, depth: number): string {
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
        shown = REDACTED; // what the host's function could not censor is not shown
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
        return this.#members(describeError(value, SHOW_ALL) as unknown as Record<string, unknown>, ERROR_DEPTH);
      case "date": {
        const time = (value as Date).getTime();
        return this.text(Number.isNaN(time) ? "Invalid Date" : new Date(time).toISOString());
      }
      case "bytes":
        return this.text(`[${(value as ArrayBuffer).byteLength} bytes]`);
      case "json":
        return this.value((value as { toJSON(): unknown }).toJSON(), depth - 1);
      case "pairs":
        return this.#members(membersOf(value as Iterable<[string, unknown]>), depth - 1);
      case "file":
        return this.text(fileText(value as { name?: unknown; size: number; type: string }));
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
      const each = readMember(items, i);
      const item =
        this.#rules === undefined ? this.value(each, depth) : this.#ruled(this.#rules, `${i}`, false, each, depth);
      json += `${i === 0 ? "" : ","}${item === "" ? "null" : item}`;
      this.room--;
    }
    if (i < size) json += `${i === 0 ? "" : ","}"[${size - i} more]"`;
    this.room -= 2;
    return `${json}]`;
  }

  /** `missing` members were left out before. */
  #members(value: Record<string, unknown>, depth: number, missing = 0): string {
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

  // Different keys of a Map may have the same text, so they are made different first.
  #entries(map: Map<unknown, unknown>, depth: number): string {
    const taken = new Set<string>();
    const plain: Record<string, unknown> = Object.create(null);
    for (const entry of itemsOf(map, this.limits.members)) {
      const [key, value] = entry as [unknown, unknown];
      const name = typeof key === "object" && key !== null ? "[object]" : String(key);
      plain[claim(name, taken)] = value;
    }
    return this.#members(plain, depth, map.size - taken.size);
  }
}

/** `name`, or with as many underscores behind it as make it different from those taken; it is taken then. */
export function claim(name: string, taken: Set<string>): string {
  let free = name;
  while (taken.has(free)) free += "_";
  taken.add(free);
  return free;
}
