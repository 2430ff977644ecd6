import { type Clock, systemClock, toMilliseconds } from "@seaworthy/core";
import {
  boundedString,
  checkOptions,
  clockOption,
  integer,
  oneOf,
  optionalFunction,
  positiveDuration,
  requiredFunction,
} from "@seaworthy/core/options";
import type { Audit } from "./audit.ts";
import { FailureBuffer } from "./internal/failure-buffer.ts";
import type { PersonalPlan } from "./internal/personal.ts";
import { type AuditPlan, Trail } from "./internal/trail.ts";
import type { AuditOptions, PersonalOptions } from "./options.ts";
import type { AuditSigner } from "./signer.ts";
import type { AuditStore } from "./stores/store.ts";

const OPTIONS = [
  "store",
  "origin",
  "signer",
  "sink",
  "checkpointEvery",
  "verifier",
  "onFailure",
  "bufferPath",
  "personal",
  "clock",
];
const STORE = ["append", "head", "read", "seals", "seal", "remove", "close"] as const;
const PERSONAL_MEMBER = /^(actor|subject|address|userAgent|data\.[^.]+)$/;

/**
 * An audit trail: entries in the order in which they were written, each with the hash of the one before, so that a change of
 * one is seen in all that follow.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createAudit, memoryAuditStore } from "@seaworthy/audit";
 * await using audit = createAudit({ store: memoryAuditStore() });
 * await audit.record({ type: "auth.login", outcome: "success", actor: "u-7" });
 * console.log(await audit.verify()); // { ok: true, entries: 1, anchored: false }
 * ```
 */
export function createAudit(options: AuditOptions): Audit {
  checkOptions("createAudit", options, OPTIONS);
  const { store, origin = "audit", onFailure = "deny", bufferPath, personal } = options;
  checkStore(store);
  if (/[\n\r]/.test(boundedString("origin", origin, 1, 200))) throw new TypeError("origin must not have line ends");
  oneOf("onFailure", onFailure, ["deny", "buffer", "log"]);
  if ((onFailure === "buffer") !== (bufferPath !== undefined))
    throw new TypeError('bufferPath must be given with onFailure: "buffer", and only with it');
  const signer = checkSigner(options.signer);
  const plan: AuditPlan = {
    store,
    origin,
    signer,
    sink: optionalFunction("sink", options.sink),
    every: everyOf(options.checkpointEvery),
    verifier: options.verifier === undefined ? signer?.verifier : boundedString("verifier", options.verifier, 1, 1000),
    onFailure,
    buffer: bufferPath === undefined ? undefined : new FailureBuffer(boundedString("bufferPath", bufferPath, 1, 4096)),
    personal: personal === undefined ? undefined : personalOf(personal),
    clock: clockOf(options.clock),
  };
  if (plan.sink !== undefined && signer === undefined)
    throw new TypeError("sink needs a signer, whose checkpoints it gets");
  return new Trail(plan);
}

function checkStore(store: AuditStore): void {
  for (const method of STORE) requiredFunction(`store.${method}`, store?.[method]);
}

function checkSigner(signer: AuditSigner | undefined): AuditSigner | undefined {
  if (signer === undefined) return undefined;
  requiredFunction("signer.sign", signer?.sign);
  boundedString("signer.name", signer.name, 1, 200);
  boundedString("signer.verifier", signer.verifier, 1, 1000);
  return signer;
}

function clockOf(clock: Clock | undefined): Clock {
  return clock === undefined ? systemClock : clockOption("clock", clock);
}

function everyOf(every: AuditOptions["checkpointEvery"] = {}): AuditPlan["every"] {
  checkOptions("checkpointEvery", every, ["entries", "time"]);
  const { entries = 1000, time = "60s" } = every;
  positiveDuration("checkpointEvery.time", time);
  return { entries: integer("checkpointEvery.entries", entries, 1, 1_000_000), time: toMilliseconds(time) };
}

function personalOf(personal: PersonalOptions): PersonalPlan {
  checkOptions("personal", personal, ["keys", "members", "ownerOf"]);
  const { keys, members = ["address", "userAgent"], ownerOf } = personal;
  for (const method of ["get", "getOrCreate", "destroy"] as const)
    requiredFunction(`personal.keys.${method}`, keys?.[method]);
  if (!Array.isArray(members) || members.some((member) => typeof member !== "string" || !PERSONAL_MEMBER.test(member)))
    throw new TypeError('personal.members must be an array of names such as "address" or "data.email"');
  optionalFunction("personal.ownerOf", ownerOf);
  return { keys, members, ownerOf: ownerOf ?? (({ actor, subject }) => actor ?? subject) };
}
