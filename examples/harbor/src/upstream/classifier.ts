import { createHash } from "node:crypto";
import { type Cache, createCache, type RemoteTier } from "@seaworthy/cache";
import type { Secret } from "@seaworthy/core";
import type { Logger } from "@seaworthy/logger";
import { type Breaker, createBreaker, guardedFetch, policy, tiers } from "@seaworthy/resilience";
import { z } from "zod";
import { errors } from "../errors.ts";

const answer = z.object({ label: z.string(), score: z.number() });

/** The result of a classification. */
export type Classification = z.output<typeof answer>;

/** The classifier behind its policy, with a rule as its fallback. */
export interface Classifier {
  readonly breaker: Breaker;
  /** Answers of the upstream. Those of the rule are not kept. */
  readonly answers: Cache<Classification>;
  classify(text: string): Promise<{ value: Classification; tier: string }>;
}

/** Options of {@link createClassifier}. */
export interface ClassifierOptions {
  url: string;
  apiKey: Secret;
  timeout: number;
  openFor: number;
  logger: Logger;
  /** A classification that takes this long or longer, in milliseconds, is logged as a warning. */
  slow: number;
  /** Where instances share the answers. @default none: each keeps its own */
  remote?: RemoteTier | undefined;
}

/**
 * Calls the upstream through retries, a breaker, a timeout and a bulkhead. A simple rule answers if that fails. The same text
 * is sent once in ten minutes, however often it is submitted; an answer that is older stands in for an upstream that fails.
 */
export function createClassifier(options: ClassifierOptions): Classifier {
  const { url, apiKey, timeout, openFor, logger, slow, remote } = options;
  const kept = { name: "answers", ttl: "10m", staleIfError: "1h" } as const;
  const answers = createCache<Classification>(remote === undefined ? kept : { ...kept, remote });
  const breaker = createBreaker({ name: "classifier", failureRate: 0.5, minimumCalls: 5, window: "10s", openFor });
  const guard = policy("classifier", {
    retry: { attempts: 3, initialDelay: "50ms", maxDelay: "500ms" },
    breaker,
    timeout,
    bulkhead: { concurrency: 20, queue: 50, queueTimeout: "1s" },
  });
  const call = guardedFetch(guard);
  const ask = async (text: string): Promise<Classification> => {
    const response = await call(`${url}/classify`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${apiKey.reveal()}`,
        "idempotency-key": crypto.randomUUID(),
      },
      body: JSON.stringify({ text }),
      idempotent: true, // the key above tells the upstream that a repeated request is the same
    });
    if (!response.ok) throw errors.HARBOR_UPSTREAM_REFUSED({ status: response.status });
    return answer.parse(await response.json());
  };
  const tiered = tiers("classify", [
    { name: "model", run: (text: string) => answers.getOrLoad(keyOf(text), () => ask(text)) },
    {
      name: "rule",
      run: async (text: string) => ({ label: /urgent|fire|leak/i.test(text) ? "urgent" : "unknown", score: 0.5 }),
    },
  ]);
  const classify = (text: string): ReturnType<typeof tiered.run> =>
    logger.operation("classify", () => tiered.run(text), { slow, level: "debug" });
  return { breaker, answers, classify };
}

/** A text may be longer than a key. */
const keyOf = (text: string): string => createHash("sha256").update(text).digest("base64url");
