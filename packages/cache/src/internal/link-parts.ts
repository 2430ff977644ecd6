import type { Clock } from "@seaworthy/core";
import type { RemoteTier } from "../remote-tier.ts";
import type { Announcement } from "../store.ts";
import type { CoarseTime } from "./coarse-time.ts";
import type { Marks } from "./marks.ts";

/** `synced`: memory may be served. `unsynced`: the store answers, but changes are not heard. `unavailable`: neither. */
export type LinkState = "connecting" | "synced" | "unsynced" | "unavailable";

/** What a link reports to its cache. */
export interface LinkOwner {
  /** Other processes have written or deleted these keys. */
  forget(keys: readonly string[]): void;
  /** Everything in memory may be old. */
  drop(): void;
  /** An invalidation of another process is in the marks now. */
  heard(kind: Announcement["kind"]): void;
}

/** What a {@link RemoteLink} is made of. */
export interface LinkParts {
  readonly tier: RemoteTier;
  readonly name: string;
  readonly clock: Clock;
  readonly time: CoarseTime;
  readonly marks: Marks;
  readonly owner: LinkOwner;
}
