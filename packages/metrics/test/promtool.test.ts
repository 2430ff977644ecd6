import { spawnSync } from "node:child_process";
import { definedEvents, type TelemetryDefinition } from "@seaworthy/core";
import { describe, expect, test } from "vitest";
import { createMetrics } from "../src/index.ts";
import { emitAll, importTelemetry } from "./telemetry-modules.ts";

const found = spawnSync("promtool", ["--version"]).error === undefined;
if (!found && process.env.CI !== "true")
  console.log("promtool is not on the PATH (Debian package prometheus): its checks are skipped.");

/** What `promtool check metrics` says of a text; nothing when all is well. */
function check(text: string): string {
  const { stdout, stderr, status, error } = spawnSync("promtool", ["check", "metrics"], {
    input: text,
    encoding: "utf8",
  });
  return error === undefined && status === 0
    ? `${stdout}${stderr}`
    : `status ${status}: ${stdout}${stderr}${error ?? ""}`;
}

// With CI=true a missing promtool fails here instead of passing unseen.
describe.skipIf(!found && process.env.CI !== "true")("promtool check metrics", () => {
  test("has nothing to say of every kind of metric, the runtime's included", async () => {
    await using metrics = createMetrics({ prefix: "shop_", labels: { service: "shop" }, seriesLimit: 2 });
    const orders = metrics.counter({
      name: "orders_total",
      help: 'Orders "taken"\nby \\ country.',
      labels: ["country"],
    });
    for (const country of ["NO", 'S"E\\\n', "\ud800", "FI", "é"]) orders.add({ country });
    orders.add({ country: "NO" }, Number.NaN);
    metrics
      .gauge({ name: "queue_depth", help: "Depth.", labels: { queue: ["mail", "pay"] } })
      .set({ queue: "pay" }, 1e300);
    metrics.histogram({ name: "spent_seconds", help: "Spent.", labels: ["route"] }).observe({ route: "/" }, 1e-9);
    metrics.percentiles({ name: "recent_seconds" }).record(0.2);
    const said = check((await metrics.render()).body).split("\n");
    // These three names are prom-client's. Dashboards ask for them, so they stay as they are.
    const known = /^(status 3: )?shop_nodejs_active_(handles|requests|resources)_total non-counter metrics should not/;
    expect(said.filter((line) => line !== "" && !known.test(line))).toEqual([]);
  });

  test("has nothing to say of the series of every telemetry event of every package", async () => {
    await importTelemetry();
    await using metrics = createMetrics({ runtime: false });
    metrics.observe();
    emitAll(definedEvents() as TelemetryDefinition[]);
    const { body } = await metrics.render();
    expect(body).toContain('metrics_overflow_total{metric="x"} 1\n');
    expect(body).not.toContain("seaworthy_metrics_dropped_total{");
    expect(check(body)).toBe("");
  });

  test("would have something to say of a counter that does not end in _total", () => {
    expect(check("# HELP orders Orders.\n# TYPE orders counter\norders 1\n")).toContain("_total");
  });
});
