import { manualClock } from "@seaworthy/core/testing";
import { describe, expect, test } from "vitest";
import { createHealth, HEALTH_JSON, toHealthJson } from "./index.ts";

describe("application/health+json", () => {
  test("has the media type of the draft", () => {
    expect(HEALTH_JSON).toBe("application/health+json");
  });

  test("writes statuses as pass, warn and fail, times as ISO 8601 and latency as the observed value", async () => {
    const health = createHealth({ name: "harbor", version: "1.4.2", clock: manualClock(Date.UTC(2026, 0, 1)) });
    health.add("database", () => undefined);
    health.add("mail", () => ({ status: "degraded", data: { queued: 12 } }));
    health.add("search", () => ({ status: "unhealthy", error: "HEALTH_INDEX_MISSING" }), { critical: false });
    expect(toHealthJson(await health.report())).toEqual({
      status: "warn",
      serviceId: "harbor",
      version: "1.4.2",
      releaseId: "1.4.2",
      checks: {
        "database:responseTime": [
          { status: "pass", time: "2026-01-01T00:00:00.000Z", observedValue: 0, observedUnit: "ms" },
        ],
        "mail:responseTime": [
          {
            status: "warn",
            time: "2026-01-01T00:00:00.000Z",
            observedValue: 0,
            observedUnit: "ms",
            data: { queued: 12 },
          },
        ],
        "search:responseTime": [
          {
            status: "fail",
            time: "2026-01-01T00:00:00.000Z",
            observedValue: 0,
            observedUnit: "ms",
            output: "HEALTH_INDEX_MISSING: The index does not exist",
          },
        ],
      },
    });
  });

  test("shows nothing that the report hides", async () => {
    const health = createHealth({ details: "never" });
    health.add("mail", () => ({ status: "unhealthy", data: { queued: 12 }, error: "QUEUE_DEEP" }));
    const document = toHealthJson(await health.report());
    expect(document.status).toBe("fail");
    expect(JSON.stringify(document)).not.toMatch(/queued/);
    expect(JSON.stringify(document)).toContain("QUEUE_DEEP");
  });

  test("says how long a check has been hanging, and leaves checks out where there are none", async () => {
    const clock = manualClock();
    const health = createHealth({ clock });
    expect(toHealthJson(await health.report())).toEqual({ status: "pass" });
    health.add("stuck", () => new Promise(() => undefined), { timeout: 100 });
    for (let run = 0; run < 3; run++) {
      const asked = health.report();
      await clock.advance(100);
      await asked;
    }
    await clock.advance(700);
    expect(toHealthJson(await health.report()).checks?.["stuck:responseTime"]).toMatchObject([
      { status: "fail", hangingFor: 1000, hungRuns: 3, output: expect.stringContaining("HEALTH_CHECK_HUNG: ") },
    ]);
  });
});
