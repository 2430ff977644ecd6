import type { Bulkhead, BulkheadOptions } from "../../bulkhead/bulkhead.ts";
import { createBulkhead } from "../../bulkhead/create-bulkhead.ts";
import { checkObject, isRunner } from "../options.ts";
import { layersOf } from "../pipeline.ts";
import type { Guard, PolicyBuild } from "./guard.ts";

/** Bounds the calls in flight. */
export const bulkheadGuard: Guard = {
  option: "bulkhead",
  check: (value) => checkObject("bulkhead", value),
  layers(build) {
    const given = build.options.bulkhead;
    const bulkhead = isRunner(given) ? (given as Bulkhead) : ownBulkhead(build);
    build.parts.bulkhead = bulkhead;
    return layersOf(bulkhead);
  },
};

function ownBulkhead({ name, clock, options, parts }: PolicyBuild): Bulkhead {
  const bulkhead = createBulkhead({ ...(options.bulkhead as BulkheadOptions), name, clock });
  parts.releases.push(() => bulkhead.dispose());
  return bulkhead;
}
