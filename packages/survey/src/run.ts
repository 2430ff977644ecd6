import { type Ask, type Exchange, exchange } from "./drive/exchange.ts";
import { EvidenceList } from "./evidence.ts";
import type { CheckedOptions } from "./internal/check-options.ts";
import type { FaultProxy } from "./proxy/fault-proxy.ts";
import type { Target } from "./target/target.ts";

/** What an audit works with. */
export interface AuditRun {
  readonly options: CheckedOptions;
  readonly target: Target;
  readonly evidence: EvidenceList;
  /** The proxies before the dependencies, by variable. */
  readonly proxies: ReadonlyMap<string, FaultProxy>;
  /** Values that must not appear anywhere. */
  readonly secrets: readonly string[];
  /** Sends a request to the running service and keeps it as evidence. */
  ask(ask: Ask): Promise<Exchange>;
}

/** The tools of one audit. */
export function createRun(parts: Omit<AuditRun, "ask" | "evidence">, redact: (text: string) => string): AuditRun {
  const evidence = new EvidenceList(redact);
  return {
    ...parts,
    evidence,
    async ask(ask) {
      const { origin } = await parts.target.instance();
      const result = await exchange(origin, ask);
      evidence.exchange(result);
      return result;
    },
  };
}
