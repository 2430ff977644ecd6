import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { readMember, withoutUndefined } from "@seaworthy/core/objects";
import { oneOf } from "@seaworthy/core/options";
import type { AuditQuery } from "../audit.ts";
import { createAudit } from "../create-audit.ts";
import { toCef, toJsonLine } from "../export.ts";
import { folderAuditKeys } from "../keys/folder-keys.ts";
import { fileAuditStore } from "../stores/file-store.ts";

/** What the program uses of its process. */
export interface CliPlace {
  out(line: string): void;
  err(line: string): void;
}

const USAGE = `Usage: seaworthy-audit COMMAND FILE [options]

Commands:
  verify FILE   reads the whole trail and names the first entry that was changed
  query FILE    shows the entries that match, as JSON lines
  export FILE   writes the entries that match in a format for other systems

Options:
  --checkpoint FILE   verify: a checkpoint that was kept elsewhere
  --verifier KEY      verify: the public key of the checkpoints and seals
  --origin NAME       verify: the name of the trail (default audit)
  --keys FOLDER       query, export: the keys of persons
  --type TYPE         a type, or the beginning of one, such as "auth.*"
  --actor ID          who did it
  --subject ID        what it was done to
  --outcome OUTCOME   success, failure or denied
  --from DATE         entries from this moment on, as an ISO 8601 date
  --to DATE           entries before this moment
  --after NUMBER      entries after this sequence
  --format FORMAT     export: jsonl or cef (default jsonl)
  --help              shows this

Exit code of verify: 0 if the trail is sound, 1 if it was changed, 2 if it cannot be judged.
Other commands exit with 0, or with 2 if they failed.`;

const OPTIONS = {
  checkpoint: { type: "string" },
  verifier: { type: "string" },
  origin: { type: "string" },
  keys: { type: "string" },
  type: { type: "string" },
  actor: { type: "string" },
  subject: { type: "string" },
  outcome: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  after: { type: "string" },
  format: { type: "string" },
  help: { type: "boolean" },
} as const;

type Values = { [K in keyof typeof OPTIONS]?: K extends "help" ? boolean : string };

/** Runs the program and returns its exit code. */
export async function main(args: string[], place: CliPlace): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
    const [command = "", file, ...more] = positionals;
    if (values.help === true || command === "help") {
      place.out(USAGE);
      return 0;
    }
    if (!["verify", "query", "export"].includes(command) || file === undefined || more.length > 0)
      throw new TypeError("give a command and the file of a trail");
    if (!existsSync(file)) throw new TypeError(`there is no file ${file}`);
    return command === "verify" ? await verify(file, values, place) : await list(command, file, values, place);
  } catch (error) {
    const code = readMember(error, "code");
    const suffix = typeof code === "string" && code.startsWith("AUDIT_") ? ` (${code})` : "";
    place.err(`seaworthy-audit: ${error instanceof Error ? error.message : String(error)}${suffix}`);
    if (error instanceof TypeError) place.err(`\n${USAGE}`);
    return 2;
  }
}

async function verify(file: string, values: Values, place: CliPlace): Promise<number> {
  const { verifier, origin } = values;
  const audit = createAudit(withoutUndefined({ store: fileAuditStore(file), verifier, origin }));
  const checkpoint = values.checkpoint === undefined ? undefined : await readFile(values.checkpoint, "utf8");
  const { ok, entries, anchored, fault } = await audit
    .verify(withoutUndefined({ checkpoint }))
    .finally(() => audit.close());
  if (ok) place.out(`sound: ${entries} entries, ${anchored ? "confirmed by the checkpoint" : "not anchored"}`);
  else place.out(`changed: entry ${fault?.sequence} is ${fault?.kind}`);
  if (ok && !anchored)
    place.out("Without a checkpoint, a trail whose end was cut off or that was written anew looks sound.");
  return ok ? 0 : 1;
}

async function list(command: string, file: string, values: Values, place: CliPlace): Promise<number> {
  const { format = "jsonl", keys } = values;
  if (format !== "jsonl" && format !== "cef") throw new TypeError("--format must be jsonl or cef");
  const line = command === "export" && format === "cef" ? toCef : toJsonLine;
  const personal = keys === undefined ? undefined : { keys: folderAuditKeys(keys) };
  const audit = createAudit(withoutUndefined({ store: fileAuditStore(file), personal }));
  try {
    for await (const entry of audit.entries(queryOf(values))) place.out(line(entry));
  } finally {
    await audit.close();
  }
  return 0;
}

function queryOf({ type, actor, subject, outcome: wanted, from, to, after }: Values): Omit<AuditQuery, "limit"> {
  const moment = (name: string, text: string | undefined): number | undefined => {
    const time = text === undefined ? undefined : Date.parse(text);
    if (Number.isNaN(time)) throw new TypeError(`--${name} must be an ISO 8601 date`);
    return time;
  };
  const outcome = wanted === undefined ? undefined : oneOf("--outcome", wanted, ["success", "failure", "denied"]);
  return withoutUndefined({
    ...{ type, actor, subject, outcome },
    from: moment("from", from),
    to: moment("to", to),
    after: after === undefined ? undefined : Number(after),
  });
}
