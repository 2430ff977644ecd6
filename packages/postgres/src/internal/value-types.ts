// Types whose values the two drivers give in different forms, by their OIDs (pg_type.dat of PostgreSQL). Both engines give
// the same form: what does not fit into a number, and what has no time zone, stays a string.
const INT8 = 20;
const INT8_ARRAY = 1016;
const BYTEA = 17;
const DATE = 1082;
const DATE_ARRAY = 1182;
const INTERVAL = 1186;
const POINT = 600;
const NUMERIC_ARRAY = 1231;
const TEXT_ARRAY = 1009;

type Parser = (value: string) => unknown;
/** Finds the function that turns the text of a type into a value. */
export interface TypeParsers {
  getTypeParser(oid: number, format?: string): Parser;
}

const asText: Parser = (value) => value;

/** Parsers for pg, laid over its own. */
export function pgTypes(own: TypeParsers): TypeParsers {
  const texts = own.getTypeParser(TEXT_ARRAY, "text");
  const changed: Readonly<Record<number, Parser>> = {
    [DATE]: asText,
    [DATE_ARRAY]: texts,
    [INTERVAL]: asText,
    [POINT]: asText,
    [NUMERIC_ARRAY]: texts,
  };
  return {
    getTypeParser: (oid, format = "text") =>
      (format === "text" ? changed[oid] : undefined) ?? own.getTypeParser(oid, format),
  };
}

/** Parsers for PGlite, in place of its own. */
export const PGLITE_PARSERS: Record<number, Parser> = {
  [INT8]: asText,
  [INT8_ARRAY]: plainArray,
  [BYTEA]: (value) => Buffer.from(value.slice(2), "hex"),
  [DATE]: asText,
  [DATE_ARRAY]: plainArray,
};

/** An array literal of numbers or dates, whose elements are never quoted: `{1,2,NULL}`, also of several dimensions. */
function plainArray(literal: string): unknown {
  const json = literal
    .replace(/^\[.*?\]=/, "") // bounds that do not begin at 1
    .replaceAll("{", "[")
    .replaceAll("}", "]")
    .replace(/[^[\],]+/g, (element) => (element === "NULL" ? "null" : JSON.stringify(element)));
  return JSON.parse(json);
}
