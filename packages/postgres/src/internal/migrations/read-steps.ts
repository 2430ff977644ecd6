import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { SqlMigration } from "@seaworthy/core";
import { checkOptions, showValue } from "@seaworthy/core/options";
import type { PostgresClient } from "../../postgres.ts";
import { compareIds, type Step } from "./step.ts";

const FILE = /^(?<id>(?<number>\d+)[_-][\w.-]*?)(?<down>\.down)?\.(?<kind>sql|js|mjs|cjs|ts|mts)$/;
const NO_TRANSACTION = /^--\s*seaworthy:\s*no transaction\s*$/;

/** The steps of a folder or an array, in their order. */
export async function readSteps(source: string | readonly SqlMigration[]): Promise<readonly Step[]> {
  if (typeof source === "string") return readFolder(resolve(source));
  if (!Array.isArray(source)) throw new TypeError(`source must be a folder or an array; got ${showValue(source)}`);
  const steps = source.map(stepOf).sort((a, b) => compareIds(a.id, b.id));
  const twice = steps.find(({ id }, index) => id === steps[index + 1]?.id);
  if (twice !== undefined) throw new TypeError(`two migrations have the id ${showValue(twice.id)}`);
  return steps;
}

function stepOf(migration: SqlMigration, index: number): Step {
  checkOptions(`migration ${index}`, migration, ["id", "statements", "transaction"]);
  const { id, statements, transaction = true } = migration;
  if (typeof id !== "string" || id === "" || id.length > 200)
    throw new TypeError(`migration ${index}: id must be a string of 1 to 200 characters; got ${showValue(id)}`);
  const isText =
    Array.isArray(statements) && statements.length > 0 && statements.every((text) => typeof text === "string");
  if (!isText)
    throw new TypeError(`migration ${id}: statements must be an array of strings; got ${showValue(statements)}`);
  return {
    id,
    checksum: sha256(JSON.stringify([statements, transaction])),
    transaction,
    up: async (sql) => {
      for (const statement of statements) await sql.query(statement);
    },
  };
}

async function readFolder(folder: string): Promise<Step[]> {
  const files = (await readdir(folder))
    .filter((name) => !name.startsWith(".") && !/\.d\.m?ts$|\.map$/.test(name))
    .sort();
  const forward = new Map<string, { name: string; number: string; kind: string }>();
  const back = new Map<string, string>();
  for (const name of files) {
    const { id = "", number = "", down, kind = "" } = FILE.exec(name)?.groups ?? {};
    if (id === "") {
      if (!/\.(sql|[cm]?[jt]s)$/.test(name)) continue; // such as a README
      throw new TypeError(`${join(folder, name)}: the name of a migration begins with a number, such as 001_users.sql`);
    }
    if (down !== undefined) back.set(id, name);
    else if (forward.has(id))
      throw new TypeError(`${folder}: ${forward.get(id)?.name} and ${name} are one migration twice`);
    else forward.set(id, { name, number, kind });
  }
  checkNumbers(folder, [...forward.values()]);
  for (const [id, name] of back)
    if (!forward.has(id)) throw new TypeError(`${join(folder, name)} has no migration that it would revert`);
  const steps = [...forward].map(([id, { name, kind }]) => {
    const undo = back.get(id);
    return kind === "sql"
      ? sqlStep(id, join(folder, name), undo && join(folder, undo))
      : moduleStep(id, join(folder, name));
  });
  return (await Promise.all(steps)).sort((a, b) => compareIds(a.id, b.id));
}

/** As text, 10 comes before 9: all numbers have as many digits, and none is there twice. */
function checkNumbers(folder: string, files: readonly { name: string; number: string }[]): void {
  const [first] = files;
  for (const [index, { name, number }] of files.entries()) {
    if (number.length !== first?.number.length)
      throw new TypeError(`${folder}: the numbers of ${first?.name} and ${name} must have the same number of digits`);
    const other = files.slice(0, index).find((file) => file.number === number);
    if (other !== undefined) throw new TypeError(`${folder}: ${other.name} and ${name} have the same number`);
  }
}

async function sqlStep(id: string, path: string, downPath: string | undefined): Promise<Step> {
  const text = await readSql(path);
  const [firstLine = ""] = text.split(/\r?\n/, 1);
  const step: Step = {
    id,
    checksum: sha256(text.replaceAll("\r\n", "\n")), // as Git may check the file out
    transaction: !NO_TRANSACTION.test(firstLine),
    up: (sql) => run(sql, text),
  };
  if (downPath === undefined) return step;
  const down = await readSql(downPath);
  return { ...step, down: (sql) => run(sql, down) };
}

/** Without the byte order mark that some editors write, which the server would take for a part of the statement. */
const readSql = async (path: string): Promise<string> => (await readFile(path, "utf8")).replace(/^\uFEFF/, "");

async function moduleStep(id: string, path: string): Promise<Step> {
  const text = await readFile(path, "utf8");
  const module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  const { up, down, transaction = true } = (module.default ?? module) as Record<string, unknown>;
  if (typeof up !== "function") throw new TypeError(`${path} must export a function up(sql)`);
  if (down !== undefined && typeof down !== "function") throw new TypeError(`${path}: down must be a function`);
  if (typeof transaction !== "boolean") throw new TypeError(`${path}: transaction must be a boolean`);
  const call = (fn: unknown) => async (sql: PostgresClient) =>
    void (await (fn as (sql: PostgresClient) => unknown)(sql));
  const step: Step = { id, checksum: sha256(text.replaceAll("\r\n", "\n")), transaction, up: call(up) };
  return down === undefined ? step : { ...step, down: call(down) };
}

async function run(sql: PostgresClient, text: string): Promise<void> {
  // Without parameters, the protocol takes several statements.
  await sql.query(text);
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
