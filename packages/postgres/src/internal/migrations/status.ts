import type { Row } from "@seaworthy/core";
import { errors } from "../../errors.ts";
import type { MigrationStatus } from "../../migrations.ts";
import type { PostgresClient } from "../../postgres.ts";
import type { Step } from "./step.ts";

/** The table of applied steps. It lies in the first schema of the search path. */
export const TABLE = "seaworthy_migrations";

/** The states of all steps that the source or the database knows, in the order of their ids. */
export async function statusOf(sql: PostgresClient, steps: readonly Step[], set: string): Promise<MigrationStatus[]> {
  const applied = await readApplied(sql, set);
  const last = [...applied.keys()].sort().at(-1) ?? "";
  const known = new Set(steps.map(({ id }) => id));
  const states = steps.map((step): MigrationStatus => {
    const row = applied.get(step.id);
    if (row === undefined) return { id: step.id, state: step.id < last ? "late" : "pending" };
    if (row.finished_at === null) return { id: step.id, state: "unfinished" };
    return {
      id: step.id,
      state: row.checksum === step.checksum ? "applied" : "edited",
      appliedAt: row.finished_at as Date,
    };
  });
  for (const id of applied.keys()) if (!known.has(id)) states.push({ id, state: "missing" });
  return states.sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function readApplied(sql: PostgresClient, set: string): Promise<Map<string, Row>> {
  const { rows: found } = await sql.query("select to_regclass($1) is not null as there", [TABLE]);
  if (found[0]?.there !== true) return new Map();
  const { rows } = await sql.query(`select id, checksum, finished_at from ${TABLE} where set = $1`, [set]);
  return new Map(rows.map((row) => [String(row.id), row]));
}

const REASONS: Readonly<Partial<Record<MigrationStatus["state"], string>>> = {
  edited: "was changed after it had been applied",
  missing: "was applied, and is not in the source any more",
  late: "was added before a migration that has been applied already",
};

/** Refuses to go on where the source and the database contradict each other. */
export function checkStates(states: readonly MigrationStatus[], retryUnfinished: boolean): void {
  for (const { id, state } of states) {
    const reason = REASONS[state];
    if (reason !== undefined)
      throw errors.POSTGRES_MIGRATION_CHANGED({ id, state }, { message: `Migration ${id} ${reason}` });
    if (state === "unfinished" && !retryUnfinished)
      throw errors.POSTGRES_MIGRATION_FAILED(
        { id, state },
        {
          message: `Migration ${id} has no transaction and did not end the last time; undo what it left (such as an invalid index), then set retryUnfinished`,
        },
      );
  }
}
