import { type AuditSink, type Clock, toMilliseconds } from "@seaworthy/core";
import { clockOption, integer, withDefault } from "@seaworthy/core/options";
import type { CredentialSource } from "../credential.ts";
import type { VaultStore } from "../stores/store.ts";
import type { VaultOptions } from "../vault.ts";
import { checkCredentials, kindOf, shown } from "./check.ts";
import { CREDENTIAL_OPTIONS, type Material, readCredential } from "./credential-material.ts";
import { checkKdf, type KdfCost } from "./crypto/argon2.ts";

/** Options of `openVault`, checked and with their defaults. */
export interface CheckedOptions {
  readonly store: VaultStore;
  /** `undefined` if `credential` has to be called. */
  readonly materials: readonly Material[] | undefined;
  readonly credential: CredentialSource | undefined;
  readonly create: boolean;
  readonly expectedEpoch: number;
  readonly expectedId: string | undefined;
  /** `Infinity` for never. */
  readonly autoLock: number;
  readonly keep: number;
  readonly kdf: KdfCost;
  readonly audit: AuditSink | undefined;
  readonly refreshEvery: number;
  readonly busyTimeout: number;
  readonly clock: Clock;
  readonly random: () => number;
}

const OTHERS = [
  "credential",
  "store",
  "create",
  "expectedEpoch",
  "expectedId",
  "autoLock",
  "keep",
  "kdf",
  "audit",
  "refreshEvery",
  "busyTimeout",
];
const KNOWN = [...CREDENTIAL_OPTIONS, ...OTHERS, "clock", "random"];

/** @throws TypeError naming the option and what it got */
export function checkVaultOptions(options: VaultOptions): CheckedOptions {
  checkCredentials("openVault", options, KNOWN);
  const { store, create = false, credential, autoLock = "5m", audit, random = Math.random } = options;
  for (const method of ["read", "epoch", "readSegment", "commit"] as const) {
    if (typeof store?.[method] !== "function") throw new TypeError(`store must be a vault store; got ${shown(store)}`);
  }
  if (typeof create !== "boolean") throw new TypeError(`create must be a boolean; got ${shown(create)}`);
  if (audit !== undefined && typeof audit?.record !== "function")
    throw new TypeError(`audit must have a record method; got ${shown(audit)}`);
  const clock = clockOption("clock", options.clock);
  if (credential !== undefined) checkSource(credential, options);
  if (typeof random !== "function") throw new TypeError(`random must be a function; got ${shown(random)}`);
  return {
    ...{ store, create, credential, audit, clock, random },
    autoLock: checkAutoLock(autoLock),
    expectedEpoch: integer("expectedEpoch", withDefault(options.expectedEpoch, 0), 0, Number.MAX_SAFE_INTEGER),
    expectedId: checkId(options.expectedId),
    keep: integer("keep", withDefault(options.keep, 10), 1, 1000),
    kdf: checkKdf(options.kdf),
    refreshEvery: toMilliseconds(withDefault(options.refreshEvery, 0), "refreshEvery"),
    busyTimeout: toMilliseconds(withDefault(options.busyTimeout, "10s"), "busyTimeout"),
    materials: credential === undefined ? readCredential(options, create ? "make" : "open") : undefined,
  };
}

function checkSource(credential: unknown, options: VaultOptions): void {
  if (typeof credential !== "function")
    throw new TypeError(`credential must be a function that gives one; got ${kindOf(credential)}`);
  const others = CREDENTIAL_OPTIONS.filter((name) => options[name as "key"] !== undefined);
  if (others.length > 0) throw new TypeError(`options must have either credential or ${others[0]}; got both`);
}

function checkId(id: unknown): string | undefined {
  if (id === undefined || (typeof id === "string" && /^[0-9a-f]{32}$/.test(id))) return id;
  throw new TypeError(`expectedId must be 32 hexadecimal digits; got ${shown(id)}`);
}

function checkAutoLock(autoLock: unknown): number {
  if (autoLock === false) return Number.POSITIVE_INFINITY;
  const limit = toMilliseconds(autoLock as string, "autoLock");
  if (limit === 0) throw new TypeError("autoLock must be more than 0, or false for never; got 0");
  return limit;
}
