import { type Clock, sleep } from "@seaworthy/core";
import { waitAtMost } from "@seaworthy/core/waiting";
import type { Cut } from "../cut.ts";
import { drainEvent } from "../telemetry.ts";
import { nextTurn } from "./next-turn.ts";
import type { Resource } from "./resources.ts";
import type { ServedServer } from "./serve/served-server.ts";
import { stopAll } from "./stop.ts";
import type { Work } from "./work.ts";

/** What is shut down, and the limits in milliseconds. */
export interface Shutdown {
  readonly clock: Clock;
  readonly servers: readonly ServedServer[];
  readonly work: Work;
  /** Open resources in the order in which they were started. */
  readonly opened: () => readonly Resource[];
  readonly drainDelay: number;
  readonly drainTimeout: number;
  readonly streamTimeout: number;
  readonly closeTimeout: number;
  /** When everything has to be over, on the monotonic clock. */
  readonly end: number;
  readonly onCut: (cut: Cut) => void;
}

/** Waits for the delay, lets what is in flight end, and closes the resources. Never rejects, and never outlasts `end`. */
export async function shutDown(plan: Shutdown): Promise<void> {
  const { clock, servers, drainDelay, end, onCut } = plan;
  const delay = Math.min(drainDelay, timeToDrain(plan));
  if (delay > 0 && servers.some(({ listening }) => listening)) await sleep(delay, { clock, keepAlive: true });
  await drain(plan);
  await stopAll(plan.opened(), { clock, closeTimeout: plan.closeTimeout, end, onCut });
}

/** Milliseconds that may pass before the resources have to be closed. */
function timeToDrain({ clock, opened, closeTimeout, end }: Shutdown): number {
  const left = Math.max(0, end - clock.monotonic());
  return opened().some(({ stop }) => stop !== undefined) ? left - Math.min(closeTimeout, left / 2) : left;
}

async function drain(plan: Shutdown): Promise<void> {
  const { clock, servers, work, onCut } = plan;
  // Connections that the system has accepted would be reset if the listener closed before it has received them.
  await nextTurn();
  const began = clock.monotonic();
  const facts = { requests: sum(servers, "requests"), streams: sum(servers, "streams"), work: work.size };
  let clean = true;
  const noteCut = (cut: Cut): void => {
    clean = false;
    onCut(cut);
  };
  const drainOne = async (server: ServedServer): Promise<void> => {
    try {
      await server.drained(plan.streamTimeout, noteCut);
    } catch (error) {
      // A server of another runtime may lack members that Node's has. The rest of the shutdown goes on.
      noteCut({ kind: "resource", name: server.name, after: clock.monotonic() - began, error });
    }
  };
  const drained = Promise.all(servers.map(drainOne));
  const idle = drained.then(() => work.idle()).then(() => true);
  const limit = Math.min(plan.drainTimeout, timeToDrain(plan));
  if (!(await waitAtMost(idle, { limit, onLimit: () => false, clock, keepAlive: true }))) {
    for (const cut of [...servers.flatMap((server) => server.cut()), ...work.left()]) noteCut(cut);
  }
  drainEvent.emit({ outcome: clean ? "clean" : "cut" }, (clock.monotonic() - began) / 1000, facts);
}

function sum(servers: readonly ServedServer[], what: "requests" | "streams"): number {
  return servers.reduce((total, server) => total + server[what], 0);
}
