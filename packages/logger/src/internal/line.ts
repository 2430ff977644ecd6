import { containsSecret, holdsCredentials, scrubAndCut } from "@seaworthy/core/redaction";
import { type Bindings, type Serializers, serialize } from "./bindings.ts";
import type { ContextFields } from "./context-fields.ts";
import { quote } from "./json-text.ts";
import { claim, type JsonWriter } from "./json-writer.ts";
import type { LineFormat } from "./line-format.ts";
import { plainKeys, readMember } from "./values.ts";

/** The parts of one line. */
export interface Parts {
  /** `{"level":30,"time":"…","pid":…,"hostname":…,"name":…` */
  readonly head: string;
  readonly bindings: Bindings;
  readonly context: ContextFields;
  /** How many lines a sampler or limiter held back before this one. */
  readonly suppressed: number;
  readonly fields: object | undefined;
  readonly message: string | undefined;
  /** The text before the message: `,"msg":`. */
  readonly messageStart: string;
  readonly serializers: Serializers | undefined;
  readonly format: LineFormat;
}

// How much the marks of cuts may add once the room is used up: one mark per level of nesting.
const SLACK = 1024;
const CUT = '"…":"[the line was too long]"';

/** Returns the line of these parts, within the limit and without secrets. */
export function writeLine(parts: Parts, writer: JsonWriter): string {
  const line = fit(parts, writer);
  if (!containsSecret(line) && !holdsCredentials(line)) return line;
  writer.scrub = true;
  try {
    return fit(parts, writer);
  } finally {
    writer.scrub = false;
  }
}

function fit(parts: Parts, writer: JsonWriter): string {
  const limit = writer.limits.line;
  const used = parts.head.length + parts.bindings.text.length + parts.context.text.length + parts.context.outer.length;
  const room = limit - used - Math.min(SLACK, limit >> 2);
  let line = assemble(parts, writer, { room, text: writer.limits.text, field: writer.limits.field });
  if (fits(line, limit)) return line;
  // A line has more bytes than units: up to three bytes per unit, and six per control character.
  line = assemble(parts, writer, {
    room: Math.floor(room / 6),
    text: Math.floor(room / 12),
    field: writer.limits.field >> 3,
  });
  if (fits(line, limit)) return line;
  const message = parts.message === undefined ? "" : parts.messageStart + quote(scrubAndCut(parts.message, 64));
  line = `${parts.head},${CUT}${message}}\n`;
  return fits(line, limit) ? line : `${parts.head},${CUT}}\n`;
}

function fits(line: string, limit: number): boolean {
  return line.length * 3 <= limit || (line.length <= limit && Buffer.byteLength(line) <= limit);
}

/** Limits of one attempt to write a line, in UTF-16 units. */
interface Room {
  readonly room: number;
  readonly text: number;
  readonly field: number;
}

function assemble(parts: Parts, writer: JsonWriter, { room, text, field }: Room): string {
  writer.begin(room, text, field);
  const message = parts.message === undefined ? "" : parts.messageStart + writer.text(parts.message);
  const { fields, bindings, context } = parts;
  const contested = context.ids.length > 0 || parts.suppressed > 0;
  if (!writer.scrub && parts.suppressed === 0 && !(contested && bindings.contested)) {
    const written = fields === undefined ? "" : writeFields(fields, parts, writer, contested);
    if (written !== undefined) return join(parts, bindings.text + context.text + written, message);
    writer.begin(room - message.length, text, field);
  }
  return join(parts, writeUnique(parts, writer), message);
}

function join({ head, context, format }: Parts, fields: string, message: string): string {
  if (format.fieldsKey === undefined) return `${head}${fields}${message}}\n`;
  return `${head}${context.outer}${message},${quote(format.fieldsKey)}:{${fields.slice(1)}}}\n`;
}

/** Returns the fields as `,"key":value` each; `undefined` if one of the names is in the line already. */
function writeFields(fields: object, parts: Parts, writer: JsonWriter, contested: boolean): string | undefined {
  const { serializers, bindings } = parts;
  const { members } = writer.limits;
  let json = "";
  let count = 0;
  for (const key in fields) {
    if (!Object.hasOwn(fields, key)) continue;
    if (count >= members || writer.room <= 0) {
      const all = plainKeys(fields);
      const mark = claim("…", new Set([...all, ...bindings.keys]));
      return `${json},"${mark}":"[${all.length - count} more]"`;
    }
    count++;
    const info = writer.key(key);
    if (info.altered || info.reserved === "always" || (contested && info.reserved === "sometimes")) return undefined;
    if (bindings.keys.length > 0 && bindings.keys.includes(key)) return undefined;
    let value = readMember(fields, key);
    if (serializers !== undefined) value = serialize(serializers, key, value);
    const item = writer.field(info, value);
    if (item === "") continue;
    json += `,${info.json}:${item}`;
    writer.room -= info.json.length + 2;
  }
  return json;
}

/**
 * Returns the fields and bindings if names occur more than once. The logger keeps its own names, other names get underscores
 * unless they have the same value, and a field replaces a binding of its name.
 */
function writeUnique(parts: Parts, writer: JsonWriter): string {
  const { bindings, context, fields = {}, serializers } = parts;
  const own = new Map<string, string>(context.ids);
  if (parts.suppressed > 0) own.set("suppressed", String(parts.suppressed));
  const names = plainKeys(fields);
  const taken = new Set([...own.keys(), ...bindings.keys, ...names]);
  const rename = (key: string): string => claim(`${key}_`, taken);
  const line = new Map<string, string>();
  bindings.keys.forEach((key, i) => {
    const json = bindings.values[i] ?? "null";
    const info = writer.key(key);
    const name = own.has(key) ? rename(key) : info.altered ? claim(info.name, taken) : key;
    line.set(name, writer.scrub ? writer.rewrite(json) : json);
  });
  for (const [name, json] of own) line.set(name, writer.scrub ? writer.rewrite(json) : json);
  let count = 0;
  for (const key of names) {
    if (count >= writer.limits.members || writer.room <= 0) {
      line.set(claim("…", taken), `"[${names.length - count} more]"`);
      break;
    }
    count++;
    const info = writer.key(key);
    const value = readMember(fields, key);
    const item = writer.field(info, serializers === undefined ? value : serialize(serializers, key, value));
    // A field that repeats what the logger writes itself, such as the id of the principal, is not written twice.
    if (item === "" || own.get(key) === item) continue;
    const reserved = info.reserved === "always" || own.has(key);
    const name = reserved ? rename(key) : info.altered ? claim(info.name, taken) : key;
    line.set(name, item);
    writer.room -= name.length + 4;
  }
  let json = "";
  for (const [name, item] of line) json += `,${quote(name)}:${item}`;
  return json;
}
