import type { AuditEntry, Clock, Duration } from "@seaworthy/core";
import type { AuditKeys } from "./keys/keys.ts";
import type { AuditSigner } from "./signer.ts";
import type { AuditStore } from "./stores/store.ts";

/** Members of entries that are encrypted for the person they are about. */
export interface PersonalOptions {
  keys: AuditKeys;
  /** Names of members: `actor`, `subject`, `address`, `userAgent`, or `data.` and a member of the data. @default ["address", "userAgent"] */
  members?: readonly string[];
  /** Whose key it is; without an owner nothing is encrypted. @default the actor, or else the subject */
  ownerOf?: (entry: AuditEntry) => string | undefined;
}

/** Options of `createAudit`. */
export interface AuditOptions {
  store: AuditStore;
  /** The name of the trail in its checkpoints: 1 to 200 characters without line ends. @default "audit" */
  origin?: string;
  /** Signs checkpoints and seals. */
  signer?: AuditSigner;
  /** Where checkpoints go: to a place that cannot be changed by those who can change the trail. */
  sink?: (checkpoint: string) => Promise<void>;
  /** When a checkpoint is made by itself, if there are a signer and a sink: after so many entries, and each time, also if nothing was written. */
  checkpointEvery?: {
    /** 1 to 1 000 000. @default 1000 */
    entries?: number;
    /** @default "60s" */
    time?: Duration;
  };
  /** Public key that the checkpoints of `verify()` are checked with. @default the signer's */
  verifier?: string;
  /**
   * What happens to an entry that the store cannot keep: `deny` rejects the call, `buffer` writes the entry to the file `bufferPath` and
   * keeps it later, `log` emits the event `audit.record` with the entry and goes on.
   * @default "deny"
   */
  onFailure?: "deny" | "buffer" | "log";
  /** The file of `onFailure: "buffer"`. */
  bufferPath?: string;
  personal?: PersonalOptions;
  clock?: Clock;
}
