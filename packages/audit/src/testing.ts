import { boundedString, checkOptions, requiredFunction } from "@seaworthy/core/options";
import type { Audit } from "./audit.ts";

/** An operation that must leave an entry, and how it is made to succeed and to fail. */
export interface SensitiveOperation {
  /** The type of its entries. */
  type: string;
  /** Does it so that it succeeds. */
  succeed(): Promise<unknown>;
  /** Does it so that it fails or is refused. */
  fail(): Promise<unknown>;
}

/**
 * Runs each operation in both ways and sees to it that both left an entry of its type: `success` for the first, `failure` or
 * `denied` for the second.
 *
 * @throws TypeError if an operation is malformed
 * @throws Error naming all operations and ways that left no entry
 */
export async function expectAudited(audit: Audit, operations: readonly SensitiveOperation[]): Promise<void> {
  if (!Array.isArray(operations) || operations.length === 0)
    throw new TypeError("operations must be an array with at least one operation");
  const silent: string[] = [];
  for (const operation of operations) {
    checkOptions("operation", operation, ["type", "succeed", "fail"]);
    const type = boundedString("type", operation.type, 1, 200);
    requiredFunction("succeed", operation.succeed);
    requiredFunction("fail", operation.fail);
    const outcomes = await outcomesDuring(audit, type, () => operation.succeed());
    if (!outcomes.includes("success")) silent.push(`${type} (success)`);
    const failures = await outcomesDuring(audit, type, () => operation.fail());
    if (!failures.some((outcome) => outcome !== "success")) silent.push(`${type} (failure)`);
  }
  if (silent.length > 0) throw new Error(`these left no entry in the audit trail: ${silent.join(", ")}`);
}

async function outcomesDuring(audit: Audit, type: string, fn: () => Promise<unknown>): Promise<string[]> {
  let after = 0;
  for await (const { sequence } of audit.entries()) after = sequence;
  // What the operation itself does is not the question.
  await fn().catch(() => undefined);
  const outcomes: string[] = [];
  for await (const { outcome } of audit.entries({ type, after })) outcomes.push(outcome);
  return outcomes;
}
