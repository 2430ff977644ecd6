import { type AuditEntry, type AuditSink, type Clock, isSeaworthyError } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { errors } from "../errors.ts";
import { accessEvent, unrecordedEvent } from "../telemetry.ts";
import { isName } from "./entry-facts.ts";

/** What was done to which entry. */
export interface Access {
  readonly action: string;
  readonly name?: string;
  readonly version?: number;
}

/** Reports every access to telemetry and to the audit sink. Nothing that passes through here contains a value. */
export class AccessLog {
  readonly #audit: AuditSink | undefined;
  readonly #clock: Clock;

  constructor(audit: AuditSink | undefined, clock: Clock) {
    this.#audit = audit;
    this.#clock = clock;
  }

  /** Runs `work` and records how it went, before its result is let out. @throws VAULT_AUDIT_FAILED */
  async around<T>(access: Access, work: () => Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await work();
    } catch (error) {
      await this.#record(access, error).catch(() => undefined); // the access's own error says more
      throw error;
    }
    await this.#record(access);
    return result;
  }

  /** The same for what cannot wait: the entry is sent to the audit sink, and a refusal only shows in telemetry. */
  aroundSync<T>(access: Access, work: () => T): T {
    try {
      const result = work();
      void this.#record(access).catch(() => undefined);
      return result;
    } catch (error) {
      void this.#record(access, error).catch(() => undefined);
      throw error;
    }
  }

  async #record({ action, name, version }: Access, error?: unknown): Promise<void> {
    if (error === undefined && !accessEvent.active && this.#audit === undefined) return;
    const code = isSeaworthyError(error) ? error.code : error === undefined ? undefined : "ERROR";
    const outcome = error === undefined ? "ok" : "error";
    const details = withoutUndefined({
      // What cannot be a name may be a value in the wrong place.
      name: isName(name) ? name : undefined,
      version: Number.isSafeInteger(version) ? version : undefined,
      code: code || undefined,
    });
    if (accessEvent.active) accessEvent.emit({ action, outcome }, undefined, details);
    if (this.#audit === undefined) return;
    const { name: subject, ...data } = details;
    const entry: AuditEntry = {
      type: `vault.${action}`,
      outcome: error === undefined ? "success" : "failure",
      ...withoutUndefined({ subject }),
      data,
      at: this.#clock.now(),
    };
    try {
      await this.#audit.record(entry);
    } catch (cause) {
      if (unrecordedEvent.active) unrecordedEvent.emit({ action });
      throw errors.VAULT_AUDIT_FAILED(withoutUndefined({ action, name: subject }), { cause });
    }
  }
}
