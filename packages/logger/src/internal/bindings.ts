import { quote } from "./json-text.ts";
import { claim, type JsonWriter } from "./json-writer.ts";
import { plainKeys, readMember } from "./values.ts";

/** What a logger and its ancestors were bound to, as it stands in every line. */
export interface Bindings {
  readonly keys: readonly string[];
  /** The values as JSON. */
  readonly values: readonly string[];
  /** `,"key":value` for each. */
  readonly text: string;
  /** Whether one of the keys is a name that the logger itself writes sometimes. */
  readonly contested: boolean;
  /** The binding that says how many did not fit, and that number. */
  readonly cut: { readonly at: number; readonly missing: number } | undefined;
}

/** Serializers by key, as pino has them. */
export type Serializers = Readonly<Record<string, ((value: unknown) => unknown) | undefined>>;

/** Bound to nothing. */
export const NO_BINDINGS: Bindings = { keys: [], values: [], text: "", contested: false, cut: undefined };

/**
 * `outer` and `fields`: a key bound again has its later value, a name of the logger's own gets an underscore, and what
 * does not fit into an eighth of a line is cut. Never throws.
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
      // One mark for all ancestors: a chain of children would grow by one each otherwise.
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

/** What the host's serializer for this key makes of the value, if there is one; it must not fail the call. */
export function serialize(serializers: Serializers, key: string, value: unknown): unknown {
  const own = serializers[key];
  if (typeof own !== "function") return value;
  try {
    return own(value);
  } catch {
    return "[unserializable]";
  }
}
