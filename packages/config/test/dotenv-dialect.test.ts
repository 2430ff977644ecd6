// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are written in the language that is tested
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import dotenv from "dotenv";
import { expand as dotenvExpand } from "dotenv-expand";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { loadConfig } from "../src/index.ts";
import { readDotenv } from "../src/internal/dotenv.ts";
import { workspace } from "./workspace.ts";

const plain = (text: string): Record<string, string> =>
  Object.fromEntries([...readDotenv(text).entries].map(([name, { value }]) => [name, value]));

/** Lines about whose value both readers agree, one idea each. */
const AGREED = [
  "BASIC=basic",
  "",
  "# a comment",
  "   # an indented comment",
  "AFTER=after an empty line",
  "EMPTY=",
  "EMPTY_SINGLE=''",
  'EMPTY_DOUBLE=""',
  "EMPTY_BACKTICK=``",
  "SINGLE='single quotes'",
  "SINGLE_BLANKS='   around   '",
  'DOUBLE="double quotes"',
  'DOUBLE_BLANKS="   around   "',
  "BACKTICK=`backticks`",
  "BACKTICK_BLANKS=`   around   `",
  "DOUBLE_IN_SINGLE='a \"quoted\" word'",
  'SINGLE_IN_DOUBLE="it\'s"',
  "BACKTICK_IN_SINGLE='a `quoted` word'",
  'BACKTICK_IN_DOUBLE="a `quoted` word"',
  'BOTH_IN_BACKTICK=`it\'s "quoted"`',
  'NEWLINE_IN_DOUBLE="one\\ntwo"',
  "NO_NEWLINE_IN_SINGLE='one\\ntwo'",
  "NO_NEWLINE_UNQUOTED=one\\ntwo",
  "WINDOWS_PATH=C:\\new\\table",
  'WINDOWS_PATH_QUOTED="C:\\tools\\bin"',
  "DOLLAR=pa$word",
  "DOLLAR_ESCAPED=pa\\$word",
  "COMMENT=value # a comment",
  "COMMENT_SINGLE='a # sign' # a comment",
  'COMMENT_DOUBLE="a # sign" # a comment',
  "COMMENT_BACKTICK=`a # sign` # a comment",
  "COMMENT_WITHOUT_BLANK=value#number",
  "EQUALS=a==b=",
  'JSON={"foo": "bar"}',
  'JSON_QUOTED=\'{"foo": "bar"}\'',
  "TRIMMED=    some text    ",
  "URL=postgres://user:pass@host:5432/db?sslmode=require",
  "   INDENTED=value",
  "export EXPORTED=value",
  "BLANKS_AROUND = value",
  'QUOTE_INSIDE=a"b',
  'PRIVATE_KEY="-----BEGIN-----',
  "line one",
  'line two-----END-----"',
  "LINES_SINGLE='one",
  "two'",
  "LINES_BACKTICK=`one",
  "two`",
  "UNICODE=grün ☂",
  "LAST=1",
];

describe("the dialect of .env", () => {
  it("is that of dotenv and of node --env-file, where these agree", async () => {
    await using at = await workspace();
    const text = `${AGREED.join("\n")}\n`;
    const file = await at.write("agreed.env", text);
    const ours = plain(text);
    expect(Object.keys(ours).length).toBeGreaterThan(40);
    expect(ours).toEqual(dotenv.parse(text));
    const print = "console.log(JSON.stringify(process.env))";
    const node = JSON.parse(
      execFileSync(process.execPath, [`--env-file=${file}`, "-e", print], { env: {}, encoding: "utf8" }),
    ) as Record<string, string>;
    for (const [name, value] of Object.entries(ours)) expect([name, node[name] ?? ""]).toEqual([name, value]);
  });

  it("has Windows and old Macintosh line ends, as dotenv has", () => {
    for (const end of ["\r\n", "\r"]) {
      const text = ["A=1", "B='x'", 'C="one\\ntwo" # c', ""].join(end);
      expect(plain(text)).toEqual(dotenv.parse(text));
    }
  });

  it("takes the last value of a name that stands twice, as both do, and warns", async () => {
    await using at = await workspace();
    await at.write(".env", "A=1\nA=2\n");
    const warnings: string[] = [];
    const options = {
      directory: at.directory,
      env: {},
      onWarning: ({ message }: { message: string }) => void warnings.push(message),
    };
    expect(await loadConfig(z.object({ a: z.string() }), options)).toEqual({ a: dotenv.parse("A=1\nA=2\n").A });
    expect(warnings).toEqual([`A occurs more than once in ${join(at.root, ".env")}; line 2 wins.`]);
  });

  it("replaces ${VAR}, ${VAR-default} and ${VAR:-default} as dotenv-expand does", async () => {
    await using at = await workspace();
    const cases = [
      "BASE=base",
      "EXPANDED=${BASE}",
      "MIDDLE=a-${BASE}-b",
      'QUOTED="${BASE}"',
      "ABSENT=${NOT_SET:-fallback}",
      "ABSENT_DASH=${NOT_SET-fallback}",
      "PRESENT=${BASE:-fallback}",
      "NESTED=${NOT_SET:-${BASE}}",
      "NESTED_TWICE=${NOT_SET:-${NOR_THIS:-deep}}",
      "DEFAULT_URL=${NOT_SET:-http://localhost:3000/a?b=c}",
      "TWO=${BASE}${EXPANDED}",
      "ESCAPED=\\${BASE}",
      "FROM_MACHINE=${MACHINE}",
    ];
    await at.write(".env", cases.join("\n"));
    const names = cases.map((line) => line.slice(0, line.indexOf("=")));
    const schema = z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
    const config = await loadConfig(schema, { directory: at.directory, env: { MACHINE: "machine" } });
    const { parsed } = dotenvExpand({ parsed: dotenv.parse(cases.join("\n")), processEnv: { MACHINE: "machine" } });
    expect(config).toEqual(parsed);
  });

  it("takes single quotes literally, and refuses a default that is not closed", async () => {
    await using at = await workspace();
    const schema = z.object({ a: z.string() });
    await at.write(".env", "A='${NOT_SET}'\n");
    expect(await loadConfig(schema, { directory: at.directory, env: {} })).toEqual({ a: "${NOT_SET}" });
    await at.write(".env", "A=${NOT_SET:-open\n");
    await expect(loadConfig(schema, { directory: at.directory, env: {} })).rejects.toThrow("variable between ${ and }");
  });
});
