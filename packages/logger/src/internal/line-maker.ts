import { bind, NO_BINDINGS } from "./bindings.ts";
import { NO_CONTEXT } from "./context-fields.ts";
import { quote } from "./json-text.ts";
import { JsonWriter } from "./json-writer.ts";
import { KeyTable } from "./key-table.ts";
import { writeLine } from "./line.ts";
import { type LineFormat, reservedOf, startOf } from "./line-format.ts";
import type { Limits } from "./read-limits.ts";
import type { Redactor } from "./redactor.ts";

/** What a line is made with. */
export interface LineMakerOptions {
  readonly format: LineFormat;
  /** Returns the time as JSON. */
  readonly timestamp: () => string;
  readonly limits: Limits;
  readonly redactor: Redactor;
}

/** Returns a function that makes lines which no log call has asked for, such as the summary of a destination. */
export function createLineMaker(options: LineMakerOptions): (level: number, fields: object, message: string) => string {
  const { format, timestamp, limits, redactor } = options;
  const base = baseText(format, limits, redactor);
  const messageStart = `,${quote(format.messageKey)}:`;
  return (level, fields, message) => {
    const head = `${startOf(format, level, undefined)},${quote(format.timeKey)}:${timestamp()}${base}`;
    const parts = {
      head,
      bindings: NO_BINDINGS,
      context: NO_CONTEXT,
      suppressed: 0,
      fields,
      message,
      messageStart,
      serializers: undefined,
      format,
    };
    return writeLine(parts, new JsonWriter(limits, new KeyTable(redactor, reservedOf(format))));
  };
}

/** The members of every line behind the time. Written once, so that the secrets that exist now are blanked now. */
export function baseText({ base }: LineFormat, limits: Limits, redactor: Redactor): string {
  const writer = new JsonWriter(limits, new KeyTable(redactor, { always: new Set(), sometimes: new Set() }));
  writer.scrub = true;
  return bind(NO_BINDINGS, base, writer, {}).text;
}
