import type { Makers } from "./makers.ts";

/** Functions of Node without a page of their own. prom-client reads its metrics off them as well. */
interface UndocumentedProcess {
  _getActiveHandles?(): readonly object[];
  _getActiveRequests?(): readonly object[];
}

/** Makes the metrics of what the process waits for: handles, requests, and both with timers as resources. */
export function observeActive(target: Pick<Makers, "gauge">): void {
  const { _getActiveHandles: handles, _getActiveRequests: requests }: UndocumentedProcess = Object(process);
  observeOne(target, "resources", "resources that keep the process running", () => process.getActiveResourcesInfo());
  if (handles !== undefined)
    observeOne(target, "handles", "handles of libuv, such as sockets", () => handles.call(process).map(typeName));
  if (requests !== undefined)
    observeOne(target, "requests", "requests of libuv, such as file operations", () =>
      requests.call(process).map(typeName),
    );
}

function observeOne(target: Pick<Makers, "gauge">, what: string, words: string, types: () => readonly string[]): void {
  const byType = target.gauge({
    name: `nodejs_active_${what}`,
    help: `Number of active ${words}, by type.`,
    labels: ["type"],
    seriesLimit: 1000, // whatever the host's limit is: a type is the name of a class
    collect: () => {
      const counts = new Map<string, number>();
      const all = types();
      for (const type of all) counts.set(type, (counts.get(type) ?? 0) + 1);
      byType.reset();
      for (const [type, count] of counts) byType.set({ type }, count);
      total.set(all.length);
    },
  });
  // A gauge that is named like a counter: the name is prom-client's, and dashboards ask for it.
  const total = target.gauge({ name: `nodejs_active_${what}_total`, help: `Number of active ${words}.` });
}

function typeName(value: object): string {
  return value?.constructor?.name || "Object";
}
