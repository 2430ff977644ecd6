import { open, readFile } from "node:fs/promises";
import { isObject, withoutUndefined } from "@seaworthy/core/objects";
import { errors } from "../errors.ts";
import type { AuditSeal } from "../stores/store.ts";
import { appendWhole } from "./durable.ts";

/** The seals of a trail in a file. A last line that was torn by the end of the process is not a seal. */
export async function readSeals(path: string): Promise<readonly AuditSeal[]> {
  return (await wholeLines(path)).toString().split("\n").slice(0, -1).map(parseSeal);
}

/** Adds a seal, behind the last line that is whole. */
export async function addSeal(path: string, seal: AuditSeal): Promise<void> {
  const whole = await wholeLines(path);
  const file = await open(path, "a", 0o600);
  try {
    await file.truncate(whole.length);
    await appendWhole(file, whole.length, `${JSON.stringify(seal)}\n`);
  } finally {
    await file.close();
  }
}

async function wholeLines(path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: unknown) => {
    // Seals that cannot be read are not seals that are missing: entries would look as if somebody had removed them.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
  return bytes.subarray(0, bytes.lastIndexOf("\n") + 1);
}

function parseSeal(line: string): AuditSeal {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // The same error as for a value that is not a seal.
  }
  if (!isObject(value) || typeof value.sequence !== "number" || typeof value.hash !== "string")
    throw errors.AUDIT_TAMPERED({}, { message: "A seal of the trail cannot be read" });
  const { sequence, hash, at, note } = value;
  return { sequence, hash, at: String(at), ...withoutUndefined({ note: typeof note === "string" ? note : undefined }) };
}
