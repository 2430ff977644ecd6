import { runWithContext } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { flag } from "@seaworthy/core/options";
import { describeLayer } from "../facts.ts";
import { CallView } from "../guarded-call.ts";
import { detached, type Layer } from "../layer.ts";
import type { Guard } from "./guard.ts";

/** Runs the operation in a context with the deadline and the signal of its call. */
export const propagationGuard: Guard = {
  option: "propagate",
  check: (value) => void flag("propagate", value),
  layers: ({ options }) => (options.propagate === true ? [propagationLayer] : []),
};

const propagationLayer: Layer = describeLayer(
  (next) =>
    detached((call) => {
      const { signal, deadline } = new CallView(call);
      return runWithContext(withoutUndefined({ signal, deadline }), () => next(call, undefined));
    }),
  () => ({ guard: "propagation" }),
);
