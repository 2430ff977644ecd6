import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { burst } from "../../drive/load.ts";
import { NO_BODY_ROUTE } from "../../internal/reasons.ts";
import { bodyRoute } from "../../internal/routes.ts";
import { residentBytes } from "../../target/proc.ts";

const ROUNDS = 6;
const MOST_GROWTH = 150;
const MIB = 1024 * 1024;

/** Watches the memory of the service under hostile requests. */
export const memoryFlat: Audit = {
  id: "protection/memory-flat",
  severity: "major",
  title: "Memory stays flat under hostile requests",
  why: "Memory that grows with refused requests ends the process sooner or later.",
  does: `Sends ${ROUNDS} rounds of malformed, large, and unknown requests, and reads the resident memory after each.`,
  passes: `After the last round it is at most ${MOST_GROWTH} MiB above the one after the first.`,
  mend: {
    seaworthy: "Routes of @seaworthy/http stop reading what they refuse.",
    otherwise: "Refuse by the declared length before you read, and keep nothing per request.",
  },
  link: "https://nodejs.org/en/learn/diagnostics/memory",
  needsProcess: true,
  async run(run) {
    const route = await bodyRoute(run);
    if (route === undefined) return notApplicable(NO_BODY_ROUTE);
    const { origin, process } = await run.target.fresh();
    if (residentBytes(process.pid) === undefined)
      return notApplicable("The memory of a process can be read on Linux only.");
    const large = `{"text":"${"x".repeat(2 * MIB)}"}`;
    const points: [number, number][] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await burst(origin, 20, (at) =>
        at % 2 === 0
          ? { ...route, body: large, headers: { ...route.headers, "content-type": "application/json" } }
          : { path: `/unknown-${round}-${at}?${"q".repeat(2000)}` },
      );
      points.push([round, Math.round((residentBytes(process.pid) ?? 0) / MIB)]);
    }
    run.evidence.series({ label: "resident memory", unit: "MiB", points });
    if (process.exit !== undefined) return fail("The process ended.");
    const growth = (points.at(-1)?.[1] ?? 0) - (points[0]?.[1] ?? 0);
    const reason = `Resident memory changed by ${growth} MiB over ${ROUNDS} rounds; the limit is ${MOST_GROWTH} MiB.`;
    return growth > MOST_GROWTH ? fail(reason) : pass(reason);
  },
};
