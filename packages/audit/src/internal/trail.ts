import { type AuditEntry, type Clock, startTimer } from "@seaworthy/core";
import { readMember, withoutUndefined } from "@seaworthy/core/objects";
import { checkOptions, requiredFunction } from "@seaworthy/core/options";
import { SerialQueue } from "@seaworthy/core/waiting";
import type {
  Audit,
  AuditPage,
  AuditQuery,
  AuditVerification,
  AuditVerifyOptions,
  StoredAuditEntry,
} from "../audit.ts";
import { errors } from "../errors.ts";
import type { AuditOptions } from "../options.ts";
import type { AuditSigner } from "../signer.ts";
import type { AuditHead, AuditSeal, AuditStore } from "../stores/store.ts";
import { checkpointEvent, recordEvent, verifyEvent } from "../telemetry.ts";
import { hashOf } from "./chain.ts";
import { checkType, prepareEntry } from "./check-entry.ts";
import { checkQuery, matchesOpen, matchesPersonal } from "./check-query.ts";
import { chainEntries, type PreparedEntry, parseEntry } from "./entry-format.ts";
import type { FailureBuffer } from "./failure-buffer.ts";
import { openPersonal, type PersonalPlan, sealPersonal } from "./personal.ts";
import { settledWithin } from "./settled-within.ts";
import { readNote, writeNote } from "./signed-note.ts";
import { verifyChain } from "./verify-chain.ts";

// A sink that does not answer must not hold up the close of the service, nor the next checkpoint.
const LONGEST_SINK = 10_000;

/** The options of a trail, checked, with defaults. */
export interface AuditPlan {
  readonly store: AuditStore;
  readonly origin: string;
  readonly signer: AuditSigner | undefined;
  readonly sink: AuditOptions["sink"];
  readonly every: { readonly entries: number; readonly time: number };
  readonly verifier: string | undefined;
  readonly onFailure: "deny" | "buffer" | "log";
  readonly buffer: FailureBuffer | undefined;
  readonly personal: PersonalPlan | undefined;
  readonly clock: Clock;
}

/** A trail over a store. */
export class Trail implements Audit {
  readonly #plan: AuditPlan;
  readonly #checkpoints = new SerialQueue();
  #sinceCheckpoint = 0;
  #cancelTimer: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(plan: AuditPlan) {
    this.#plan = plan;
    this.#schedule();
  }

  async record(entry: AuditEntry): Promise<void> {
    if (this.#closing !== undefined) throw errors.AUDIT_CLOSED();
    const { clock, personal } = this.#plan;
    const prepared = prepareEntry(entry, clock.now());
    const began = recordEvent.active ? performance.now() : 0;
    let sealed: PreparedEntry | undefined;
    try {
      sealed = personal === undefined ? prepared : await sealPersonal(prepared, personal);
      await this.#keep(sealed);
      if (recordEvent.active) recordEvent.emit({ outcome: "kept" }, (performance.now() - began) / 1000);
    } catch (cause) {
      await this.#notKept(sealed, prepared.type, cause, began);
    }
  }

  wrap<A extends unknown[], R>(type: string, fn: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    requiredFunction("fn", fn);
    // Now, and not when the operation has already happened.
    checkType(type);
    return async (...args) => {
      let result: R;
      try {
        result = await fn(...args);
      } catch (error) {
        const code = readMember(error, "code");
        const data = { error: typeof code === "string" ? code : String(readMember(error, "name") ?? "Error") };
        // The operation's own error is what the caller needs to see; that the entry is missing is an event.
        await this.record({ type, outcome: "failure", data }).catch(() => undefined);
        throw error;
      }
      await this.record({ type, outcome: "success" });
      return result;
    };
  }

  async query(query: AuditQuery = {}): Promise<AuditPage> {
    const { limit = 100 } = checkQuery(query);
    const entries: StoredAuditEntry[] = [];
    for await (const entry of this.#matching(query)) {
      if (entries.length === limit) return { entries, ...withoutUndefined({ next: entries.at(-1)?.sequence }) };
      entries.push(entry);
    }
    return { entries };
  }

  entries(query: Omit<AuditQuery, "limit"> = {}): AsyncIterable<StoredAuditEntry> {
    checkQuery(query);
    return this.#matching(query);
  }

  async verify(options: AuditVerifyOptions = {}): Promise<AuditVerification> {
    checkOptions("verify", options, ["checkpoint"]);
    const began = performance.now();
    const { origin, store, verifier } = this.#plan;
    let checkpoint: AuditHead | undefined;
    if (options.checkpoint !== undefined) {
      if (verifier === undefined) throw new TypeError("verify needs a signer or a verifier to check a checkpoint with");
      checkpoint = readNote(options.checkpoint, origin, verifier);
    }
    const outcome = await verifyChain(store, (seal) => this.#isGenuine(seal), checkpoint);
    if (verifyEvent.active)
      verifyEvent.emit({ outcome: outcome.ok ? "sound" : "tampered" }, (performance.now() - began) / 1000, {
        ...outcome,
      });
    return outcome;
  }

  async checkpoint(): Promise<string> {
    const { signer, store } = this.#plan;
    if (signer === undefined) throw new TypeError("checkpoint needs a signer");
    // Its head may be rolled back, and the checkpoint would then accuse a trail that is sound.
    if (store.inTransaction?.() === true) throw new TypeError("checkpoint must be called outside of a transaction");
    return this.#checkpoints.add(() => this.#checkpointNow(signer));
  }

  async #checkpointNow(signer: AuditSigner): Promise<string> {
    const { origin, store, sink, clock } = this.#plan;
    const head = await store.head();
    this.#sinceCheckpoint = 0;
    try {
      const note = await writeNote(origin, head, signer);
      if (sink !== undefined) await settledWithin(clock, LONGEST_SINK, () => sink(note));
      if (checkpointEvent.active) checkpointEvent.emit({ outcome: "ok" }, 1, { sequence: head.sequence });
      return note;
    } catch (error) {
      // So that the end of the trail gets another attempt at the close.
      this.#sinceCheckpoint = Math.max(1, this.#sinceCheckpoint);
      if (checkpointEvent.active) checkpointEvent.emit({ outcome: "failed" }, 1, { sequence: head.sequence, error });
      throw error;
    }
  }

  async erase(owner: string): Promise<void> {
    const { personal } = this.#plan;
    if (personal === undefined) throw new TypeError("erase needs the option personal");
    if (typeof owner !== "string" || owner === "") throw new TypeError("owner must be a string that is not empty");
    await personal.keys.destroy(owner);
    await this.record({ type: "audit.erase", outcome: "success", subject: owner });
  }

  async seal(before: number): Promise<AuditSeal | undefined> {
    if (typeof before !== "number" || !Number.isFinite(before))
      throw new TypeError("before must be epoch milliseconds");
    const { store, clock, origin, signer } = this.#plan;
    // A seal that somebody else wrote must not keep the trail from being sealed.
    const seals = (await store.seals()).filter((known) => this.#isGenuine(known));
    let end: AuditHead | undefined;
    for await (const { bytes } of store.read((seals.at(-1)?.sequence ?? 0) + 1)) {
      const entry = parseEntry(bytes);
      if (entry === undefined)
        throw errors.AUDIT_TAMPERED({}, { message: "The trail has an entry that cannot be read" });
      if (entry.at >= before) break;
      end = { sequence: entry.sequence, hash: hashOf(bytes) };
    }
    if (end === undefined) return undefined;
    const note = signer === undefined ? undefined : await writeNote(`${origin} seal`, end, signer);
    const seal: AuditSeal = { ...end, at: new Date(clock.now()).toISOString(), ...withoutUndefined({ note }) };
    await store.seal(seal);
    await this.record({ type: "audit.seal", outcome: "success", data: { sequence: end.sequence } });
    return seal;
  }

  async prune(seal: AuditSeal): Promise<void> {
    const { store } = this.#plan;
    const known = (await store.seals()).some(({ sequence, hash }) => sequence === seal?.sequence && hash === seal.hash);
    if (!known || !this.#isGenuine(seal)) throw errors.AUDIT_NOT_SEALED();
    await this.record({ type: "audit.prune", outcome: "success", data: { sequence: seal.sequence } });
    await store.remove(seal);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#cancelTimer?.();
    const { sink, store } = this.#plan;
    if (sink !== undefined && this.#sinceCheckpoint > 0) await this.checkpoint().catch(() => undefined);
    await store.close();
  }

  async #keep(entry: PreparedEntry): Promise<void> {
    const { store, buffer, every, sink } = this.#plan;
    const isJoined = store.inTransaction?.() === true;
    // Not in a transaction: if it is rolled back, what was buffered would be gone from both places.
    if (!isJoined) await buffer?.drain((entries) => store.append((head) => chainEntries(head, entries)));
    await store.append((head) => chainEntries(head, [entry]));
    this.#sinceCheckpoint++;
    if (!isJoined && sink !== undefined && this.#sinceCheckpoint >= every.entries)
      void this.checkpoint().catch(() => undefined);
  }

  async #notKept(entry: PreparedEntry | undefined, type: string, cause: unknown, began: number): Promise<void> {
    const { buffer, store } = this.#plan;
    // A transaction in which a statement failed is rolled back: the buffer would keep an entry for a change that was undone.
    const onFailure = store.inTransaction?.() === true ? "deny" : this.#plan.onFailure;
    const emit = (outcome: string): void => {
      if (recordEvent.active)
        recordEvent.emit({ outcome }, (performance.now() - began) / 1000, { type, error: cause, entry });
    };
    if (onFailure === "log" && entry !== undefined) return emit("lost");
    if (onFailure === "buffer" && entry !== undefined && buffer !== undefined) {
      try {
        await buffer.add(entry);
        return emit("buffered");
      } catch (error) {
        emit("denied");
        throw errors.AUDIT_WRITE_FAILED({ type }, { cause: error });
      }
    }
    emit("denied");
    throw errors.AUDIT_WRITE_FAILED({ type }, { cause });
  }

  async *#matching(query: AuditQuery): AsyncIterable<StoredAuditEntry> {
    const { store, personal } = this.#plan;
    for await (const { bytes } of store.read((query.after ?? 0) + 1)) {
      const entry = parseEntry(bytes);
      if (entry === undefined || !matchesOpen(entry, query)) continue;
      const open = await openPersonal(entry, personal?.keys);
      if (matchesPersonal(open, query)) yield open;
    }
  }

  /** A seal of a trail with a signer counts only with its signature. */
  #isGenuine(seal: AuditSeal): boolean {
    const { verifier, origin } = this.#plan;
    if (verifier === undefined) return true;
    try {
      const head = readNote(seal.note ?? "", `${origin} seal`, verifier);
      return head.sequence === seal.sequence && head.hash === seal.hash;
    } catch {
      return false;
    }
  }

  /** Checkpoints also while nothing is written: without a new one, a cut end would look like a quiet time. */
  #schedule(): void {
    const { sink, clock, every } = this.#plan;
    if (sink === undefined) return;
    this.#cancelTimer = startTimer(clock, every.time, () => {
      this.#schedule();
      void this.checkpoint().catch(() => undefined);
    });
  }
}
