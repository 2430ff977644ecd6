import type { Breaker } from "../../breaker/breaker.ts";
import type { Verdict } from "./judge.ts";

/** Sees every call of a breaker. A breaker without an observer creates nothing for one. */
export interface CallObserver {
  /** A call begins. Returns a function that is called with its end; latency in milliseconds. */
  begin(): (verdict: Verdict, outcome: unknown, latency: number) => void;
  /** A call was refused. */
  refused(error: Error): void;
}

/** A breaker whose calls can be observed: those of `createBreaker` and of policies. */
export interface ObservableBreaker extends Breaker {
  /** Observes its calls. Returns a function that ends this. */
  observeCalls(observer: CallObserver): () => void;
}

/** Whether the calls of a breaker can be observed. */
export function isObservable(breaker: Breaker): breaker is ObservableBreaker {
  return typeof (breaker as Partial<ObservableBreaker>).observeCalls === "function";
}
