import type { Clock } from "@seaworthy/core";
import type { Breaker } from "../../breaker/breaker.ts";
import type { Bulkhead } from "../../bulkhead/bulkhead.ts";
import type { PolicyOptions } from "../../policy.ts";
import type { RetryBudget } from "../../retry-budget.ts";
import type { Layer } from "../layer.ts";

/** The parts of a policy that its user sees, and what `dispose()` releases. */
export interface PolicyParts {
  breaker?: Breaker;
  bulkhead?: Bulkhead;
  budget?: RetryBudget | undefined;
  readonly releases: (() => void)[];
}

/** A policy while it is built. */
export interface PolicyBuild {
  readonly name: string;
  readonly clock: Clock;
  readonly options: PolicyOptions<unknown>;
  readonly keepAlive: boolean;
  /** A guard that makes a part for its policy puts it here. */
  readonly parts: PolicyParts;
}

/** A row of the table of guards: how one option of a policy becomes layers. */
export interface Guard {
  /** The option that adds the guard. */
  readonly option: keyof PolicyOptions;
  /** Options of the policy that belong to the guard. */
  readonly others?: readonly (keyof PolicyOptions)[];
  /**
   * Refuses a value that cannot be the option, before any guard is made.
   *
   * @throws TypeError that names the option and the value
   */
  check?(value: unknown): void;
  /** The layers, the outermost first. Called only if the option is given. */
  layers(build: PolicyBuild): readonly Layer[];
}
