import { type AuditEntry, type AuditSink, isSeaworthyError } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import type { AuthStore } from "../../stores/store.ts";
import { accountEvent, auditEvent } from "../../telemetry.ts";
import type { KnownClient } from "./known-client.ts";

/** What is kept about one operation. */
export interface Note {
  /** Such as `"set_status"`; the entry's type is `"auth.set_status"`. */
  readonly operation: string;
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  readonly client?: KnownClient | undefined;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Keeps entries about operations in the audit trail, and emits them as telemetry. */
export class Journal {
  readonly #store: Pick<AuthStore, "transaction">;
  readonly #audit: AuditSink | undefined;

  constructor(store: Pick<AuthStore, "transaction">, audit: AuditSink | undefined) {
    this.#store = store;
    this.#audit = audit;
  }

  /** Keeps an entry about a success. Rejects if the trail does, so that nothing happens that is not in it. */
  async succeeded(note: Note): Promise<void> {
    await this.#audit?.record(entryOf(note, "success"));
    emit(note, "success");
  }

  /** Keeps an entry about a refusal. Never rejects: what was refused stays refused without an entry. */
  async refused(note: Note, reason: string, outcome: "denied" | "failure" = "denied"): Promise<void> {
    emit(note, outcome, reason);
    try {
      await this.#audit?.record(entryOf({ ...note, data: { ...note.data, reason } }, outcome));
    } catch (error) {
      auditEvent.emit({ outcome: "failed" }, undefined, { operation: note.operation, error });
    }
  }

  /** Runs a step of an operation; if it fails, so does the operation, and an entry says so. */
  async step<T>(note: Note, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.refused(note, reasonOf(error), "failure");
      throw error;
    }
  }

  /** Runs `work` and keeps the entry about it in one transaction; a failure gets an entry outside of it. */
  async kept<T>(note: Note, work: () => Promise<T>): Promise<T> {
    return this.step(note, () =>
      this.#store.transaction(async () => {
        const result = await work();
        await this.succeeded(note);
        return result;
      }),
    );
  }
}

/** Why something was refused, for {@link Journal.refused}. */
export function reasonOf(error: unknown): string {
  return isSeaworthyError(error) ? error.code : "error";
}

function emit({ operation, actor, subject, client }: Note, outcome: string, reason?: string): void {
  if (accountEvent.active)
    accountEvent.emit(
      { operation, outcome },
      undefined,
      withoutUndefined({ reason, actor, subject, address: client?.address }),
    );
}

function entryOf({ operation, actor, subject, client, data }: Note, outcome: AuditEntry["outcome"]): AuditEntry {
  const { address, userAgent } = client ?? {};
  const given = data === undefined || Object.keys(data).length === 0 ? undefined : withoutUndefined({ ...data });
  return {
    type: `auth.${operation}`,
    outcome,
    ...withoutUndefined({ actor, subject, address, userAgent, data: given }),
  };
}
