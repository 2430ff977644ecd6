import type { Context } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";

/** A fact about the caller that the context may have. */
export type CallerFact = "principal" | "tenant" | "address";

/** All facts, in the order in which they are written. */
export const CALLER_FACTS: readonly CallerFact[] = ["principal", "tenant", "address"];

const READERS: Readonly<Record<CallerFact, (context: Context) => unknown>> = {
  principal: (context) => readMember(readMember(context, "principal"), "id"),
  tenant: (context) => readMember(context, "tenant") ?? readMember(readMember(context, "principal"), "tenant"),
  address: (context) => readMember(readMember(context, "client"), "address"),
};

/** Returns a fact as a string; `undefined` if the context does not have it, or has something that is not an id. */
export function readCaller(context: Context, fact: CallerFact): string | undefined {
  const value = READERS[fact](context);
  return typeof value === "string" || typeof value === "number" || typeof value === "bigint"
    ? String(value)
    : undefined;
}
