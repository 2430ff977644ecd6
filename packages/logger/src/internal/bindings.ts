import { quote } from "./json-text.ts";
import { claim, type JsonWriter } from "./json-writer.ts";
import { plainKeys, readMember } from "./values.ts";

/** What a logger and its ancestors are bound to, as it is in every line. */
export interface Bindings {
  readonly keys: readonly string[];
  /** The values as JSON. */
  readonly values: readonly string[];
  /** `,"key":value` for each. */
  readonly text: string;
  /** Whether one of the keys is a name that the logger itself sometimes writes. */
  readonly contested: boolean;
  /** Which binding says how many did not fit, and that number. */
  readonly cut: { readonly at: number; readonly missing: number } | undefined;
}

/** Serializers by key, as in pino. */
export type Serializers = Readonly<Record<string, ((value: unknown) => unknown) | undefined>>;

/** The bindings of a logger that is not bound to anything. */
export const NO_BINDINGS: Bindings = { keys: [], values: [], text: "", contested: false, cut: undefined };

/**
 * Returns the bindings `outer` together with `fields`. A key that is bound again has the later value, a name of the logger's
 * own gets an underscore, and what does not fit into an eighth of a line is cut. Never throws.
 */
export function bind(outer: Bindings, fields: object, writer: JsonWriter, serializers: Serializers): Bindings {
  const keys = [...outer.keys];
  const values = [...outer.values];
  let { contested, text } = outer;
  let { cut } = outer;
  let replaced = false;
  writer.begin(Math.max(0, (writer.limits.line >> 3) - outer.text.length));
  const all = plainKeys(fields);
  let count = 0;
  for (const key of all) {
    if (count >= writer.limits.members || writer.room <= 0) {
      const missing = (cut?.missing ?? 0) + all.length - count;
      // All ancestors share one mark. Otherwise a chain of children would add one mark per child.
      cut = { at: cut?.at ?? keys.length, missing };
      if (cut.at === keys.length) keys.push(claim("…", new Set([...keys, ...all])));
      values[cut.at] = `"[${missing} more]"`;
      replaced = true;
      break;
    }
    count++;
    const info = writer.key(key);
    const json = writer.member(info, serialize(serializers, key, readMember(fields, key)), writer.limits.depth);
    if (json === "") continue;
    const name = info.reserved === "always" ? claim(`${key}_`, new Set(all)) : info.name;
    contested ||= info.reserved === "sometimes";
    const known = keys.indexOf(name);
    if (known >= 0) {
      values[known] = json;
      replaced = true;
    } else {
      keys.push(name);
      values.push(json);
      text += `,${name === key ? info.json : quote(name)}:${json}`;
    }
  }
  if (replaced) text = keys.map((key, i) => `,${quote(key)}:${values[i]}`).join("");
  return { keys, values, text, contested, cut };
}

/** Returns what the host's serializer for this key makes of the value. If it throws, the call goes on with a mark. */
export function serialize(serializers: Serializers, key: string, value: unknown): unknown {
  const own = serializers[key];
  if (typeof own !== "function") return value;
  try {
    return own(value);
  } catch {
    return "[unserializable]";
  }
}
