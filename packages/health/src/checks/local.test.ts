import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { breakerCheck, type Check, createHealth, diskCheck, eventLoopCheck, memoryCheck } from "../index.ts";

const run = async (check: Check) => {
  const health = createHealth({ timeout: "10s" });
  health.add("it", check, { groups: check.remote ? ["ready"] : ["live"] });
  return (await health.report()).checks.it;
};

describe("diskCheck", () => {
  const disk = (free: number, freeInodes = 50, files = 100) =>
    diskCheck("/data", {
      statfs: async () => ({ bsize: 4096, blocks: 1000, bavail: free, files, ffree: freeInodes }),
    });

  test.each([
    [101, 50, "healthy"],
    [100, 50, "degraded"],
    [21, 50, "degraded"],
    [20, 50, "unhealthy"],
    [0, 50, "unhealthy"],
    [500, 11, "healthy"],
    [500, 10, "degraded"],
    [500, 2, "unhealthy"],
  ])("with %i of 1000 blocks and %i of 100 inodes free it is %s", async (free, inodes, status) => {
    const report = await run(disk(free, inodes));
    expect(report?.status).toBe(status);
    expect(report?.error).toBe(status === "healthy" ? undefined : "HEALTH_DISK_LOW");
    expect(report?.data).toMatchObject({
      free: free * 4096,
      total: 4_096_000,
      ratio: (1000 - free) / 1000,
      inodeRatio: (100 - inodes) / 100,
    });
  });

  test("a file system that counts no inodes is judged by its blocks", async () => {
    expect(await run(disk(500, 0, 0))).toMatchObject({ status: "healthy" });
  });

  test.each([
    [901, "healthy"],
    [900, "degraded"],
    [801, "degraded"],
    [800, "unhealthy"],
  ])("with %i free blocks it is %s by its free bytes, whatever the share", async (bavail, status) => {
    const statfs = async () => ({ bsize: 4096, blocks: 1000, bavail, files: 0, ffree: 0 });
    const free = { degradedAt: 900 * 4096, unhealthyAt: 800 * 4096 };
    expect(await run(diskCheck("/data", { statfs, free }))).toMatchObject({ status });
  });

  test("reads the real file system, and a path that is not there is unhealthy", async () => {
    const report = await run(diskCheck(tmpdir(), { degradedAt: "never", unhealthyAt: "never" }));
    expect(report).toMatchObject({ status: "healthy", data: { free: expect.any(Number), total: expect.any(Number) } });
    expect(await run(diskCheck("/nowhere/at/all"))).toMatchObject({ status: "unhealthy", error: "ENOENT" });
  });

  test.each<[unknown, unknown?]>([
    [""],
    [7],
    ["/", { degradedAt: 1.5 }],
    ["/", { unhealthyAt: Number.NaN }],
    ["/", { degradedAt: 0.5, unhealthyAt: 0.4 }],
    ["/", { free: { degradedAt: -1 } }],
    ["/", { free: { degradedAt: "1gb", unhealthyAt: "2gb" } }],
    ["/", { free: 5 }],
    ["/", { free: null }],
    ["/", { free: { at: 5 } }],
    ["/", { statfs: {} }],
    ["/", { below: 1 }],
  ])("refuses %j %j", (path, options) => {
    expect(() => diskCheck(path as string, options as never)).toThrow(TypeError);
  });
});

describe("memoryCheck", () => {
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });
  /** A tree of control-group files, and the file that names the process's groups. */
  async function machine(
    groups: string,
    files: Record<string, string | number>,
  ): Promise<{ cgroup: string; self: string }> {
    const folder = await mkdtemp(join(tmpdir(), "seaworthy-cgroup-"));
    folders.push(folder);
    for (const [name, text] of Object.entries({ ...files, "../self": groups })) {
      const path = join(folder, "cgroup", name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, `${text}\n`);
    }
    return { cgroup: join(folder, "cgroup"), self: join(folder, "self") };
  }

  test.each([
    [40, "healthy"],
    [85, "degraded"],
    [95, "unhealthy"],
  ])("in a container under version 2 with %i of 100 MB in use it is %s", async (used, status) => {
    const files = { "memory.max": 100e6, "memory.current": used * 1e6, "memory.stat": "anon 1\ninactive_file 0" };
    const report = await run(memoryCheck(await machine("0::/", files)));
    expect(report).toMatchObject({
      status,
      data: { source: "cgroup2", limit: 100e6, used: used * 1e6, ratio: used / 100 },
    });
    expect(report?.error).toBe(status === "healthy" ? undefined : "HEALTH_MEMORY_HIGH");
  });

  test("page cache that the kernel can take back does not count", async () => {
    const files = {
      "memory.max": 100e6,
      "memory.current": 99e6,
      "memory.stat": "active_file 5\ninactive_file 60000000",
    };
    expect(await run(memoryCheck(await machine("0::/", files)))).toMatchObject({
      status: "healthy",
      data: { used: 39e6 },
    });
  });

  test("the tightest limit of the group and those above it counts", async () => {
    const files = {
      "kube/pod/memory.max": 50e6,
      "kube/pod/memory.current": 48e6,
      "kube/pod/box/memory.max": "max",
      "kube/pod/box/memory.current": 40e6,
      "kube/memory.max": 4e9,
      "kube/memory.current": 1e9,
    };
    expect(await run(memoryCheck(await machine("0::/kube/pod/box", files)))).toMatchObject({
      status: "unhealthy",
      data: { limit: 50e6, used: 48e6 },
    });
  });

  test("version 1 is read where memory is there, also on a system that has both", async () => {
    const groups = "5:cpu,cpuacct:/\n4:memory:/docker/abc\n0::/";
    const files = {
      "memory/docker/abc/memory.limit_in_bytes": 100e6,
      "memory/docker/abc/memory.usage_in_bytes": 96e6,
      "memory/docker/abc/memory.stat": "inactive_file 1\ntotal_inactive_file 6000000",
      "memory/memory.limit_in_bytes": "9223372036854771712",
      "memory/memory.usage_in_bytes": 5e9,
    };
    expect(await run(memoryCheck(await machine(groups, files)))).toMatchObject({
      status: "degraded",
      data: { source: "cgroup1", limit: 100e6, used: 90e6 },
    });
  });

  test("inside a container of version 1, where the group's path is not to be seen, the mount itself is read", async () => {
    const files = { "memory/memory.limit_in_bytes": 100e6, "memory/memory.usage_in_bytes": 10e6 };
    expect(await run(memoryCheck(await machine("4:memory:/kubepods/x/y", files)))).toMatchObject({
      status: "healthy",
      data: { source: "cgroup1", limit: 100e6 },
    });
  });

  test.each([
    ["no limit anywhere", "0::/", { "memory.max": "max", "memory.current": 5 }],
    ["files that make no sense", "0::/../../etc", { "memory.max": "many", "memory.current": "few" }],
    ["no control groups", "", {}],
  ])("with %s the machine's memory is the limit", async (_, groups, files) => {
    expect((await run(memoryCheck(await machine(groups, files))))?.data).toMatchObject({ source: "system" });
  });

  test("reads the real machine, and reports the heap", async () => {
    expect(await run(memoryCheck({ degradedAt: "never", unhealthyAt: "never" }))).toMatchObject({
      status: "healthy",
      data: {
        rss: expect.any(Number),
        heap: { used: expect.any(Number), limit: expect.any(Number), ratio: expect.any(Number) },
      },
    });
  });

  test("a heap close to its limit is said by a code of its own", async () => {
    const roomy = await machine("0::/", { "memory.max": 1e15, "memory.current": 0 });
    expect(await run(memoryCheck({ ...roomy, degradedAt: 1e-6, unhealthyAt: 1 }))).toMatchObject({
      status: "degraded",
      error: "HEALTH_HEAP_HIGH",
    });
  });

  test.each([
    { degradedAt: 85 },
    { unhealthyAt: -1 },
    { unhealthyAt: null },
    { degradedAt: "sometimes" },
    { degradedAt: 0.9, unhealthyAt: 0.8 },
    { degradedAt: 0.96 },
    { cgroup: "" },
    { limit: 1 },
  ])("refuses %j", (options) => {
    expect(() => memoryCheck(options as never)).toThrow(TypeError);
  });
});

describe("eventLoopCheck", () => {
  test.each([
    [5, "healthy"],
    [100, "degraded"],
    [1000, "unhealthy"],
  ])("with a 99th percentile of %i ms it is %s", async (p99, status) => {
    const report = await run(eventLoopCheck({ monitor: () => ({ take: () => ({ p99, max: 2000 }) }) }));
    expect(report).toMatchObject({ status, data: { p99, max: 2000 } });
    expect(report?.error).toBe(status === "healthy" ? undefined : "HEALTH_EVENT_LOOP_DELAYED");
  });

  test("measures nothing before the first run, and then what was since the last one", async () => {
    let started = 0;
    const delays = [0, 500, 3];
    const monitor = () => {
      started++;
      return { take: () => ({ p99: delays[0] as number, max: delays.shift() as number }) };
    };
    const check = eventLoopCheck({ monitor });
    expect(started).toBe(0);
    expect([await run(check), await run(check), await run(check)].map((report) => report?.status)).toEqual([
      "healthy",
      "degraded",
      "healthy",
    ]);
    expect(started).toBe(1);
  });

  test("sees a real stall of the loop", async () => {
    const check = eventLoopCheck({ degradedAt: 20, unhealthyAt: "1m" });
    await run(check);
    // The monitor samples every 20 ms. On a busy machine its sample may come only after the report, so the loop is
    // stalled again until a report has seen it.
    const sampled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 45));
    let report = await run(check);
    while (report?.status !== "degraded") {
      await sampled();
      const end = performance.now() + 120;
      while (performance.now() < end);
      await sampled();
      report = await run(check);
    }
    expect(report.data?.max as number).toBeGreaterThan(20);
  });

  test.each([
    { degradedAt: 0 },
    { degradedAt: null },
    { unhealthyAt: Number.NaN },
    { unhealthyAt: 50 },
    { monitor: 1 },
    { p99: 1 },
  ])("refuses %j", (options) => {
    expect(() => eventLoopCheck(options as never)).toThrow(TypeError);
  });
});

describe("breakerCheck", () => {
  test.each([
    ["closed", "healthy", undefined],
    ["half-open", "degraded", "HEALTH_CIRCUIT_HALF_OPEN"],
    ["halfOpen", "degraded", "HEALTH_CIRCUIT_HALF_OPEN"],
    ["open", "degraded", "HEALTH_CIRCUIT_OPEN"],
    ["isolated", "degraded", "HEALTH_CIRCUIT_OPEN"],
  ])("a breaker that is %s is %s", async (state, status, error) => {
    const report = await run(breakerCheck({ state }));
    expect(report).toMatchObject({ status, data: { state } });
    expect(report?.error).toBe(error);
  });

  test.each([
    ["open", { unhealthyAt: "open" }, "unhealthy"],
    ["isolated", { unhealthyAt: "open" }, "unhealthy"],
    ["half-open", { unhealthyAt: "open" }, "degraded"],
    ["half-open", { unhealthyAt: "half-open" }, "unhealthy"],
    ["half-open", { degradedAt: "open" }, "healthy"],
    ["open", { degradedAt: "open" }, "degraded"],
    ["open", { degradedAt: "never" }, "healthy"],
    ["open", { degradedAt: "never", unhealthyAt: "open" }, "unhealthy"],
    ["closed", { unhealthyAt: "half-open" }, "healthy"],
  ] as const)("a breaker that is %s with %j is %s", async (state, options, status) => {
    expect(await run(breakerCheck({ state }, options))).toMatchObject({ status });
  });

  test("tells the breaker's numbers alone, and reads state and stats anew each time", async () => {
    const breaker = {
      state: "closed",
      stats: () => ({ calls: 10, failureRate: 0.2, name: "db-7.internal", rate: Number.NaN }),
    };
    const check = breakerCheck(breaker);
    expect((await run(check))?.data).toEqual({ state: "closed", stats: { calls: 10, failureRate: 0.2 } });
    breaker.state = "open";
    expect((await run(check))?.status).toBe("degraded");
    breaker.stats = () => {
      throw new Error("no");
    };
    expect((await run(check))?.status).toBe("unhealthy");
  });

  test("says why a breaker is open and which error came last, by words and codes alone", async () => {
    const why = async (state: string, stats: object) => (await run(breakerCheck({ state, stats: () => stats })))?.data;
    const stats = { calls: 10, reason: "failures", lastError: "ECONNREFUSED" };
    expect(await why("open", stats)).toEqual({
      state: "open",
      stats: { calls: 10 },
      reason: "failures",
      lastError: "ECONNREFUSED",
    });
    expect(await why("half-open", { reason: "slow", lastError: "TypeError" })).toMatchObject({
      reason: "slow",
      lastError: "TypeError",
    });
    const closed = await why("closed", stats);
    expect(closed).toEqual({ state: "closed", stats: { calls: 10 } });
    const hostile = { reason: "see http://db-7.internal", lastError: "connect to db-7.internal failed: pw=hunter2" };
    expect(await why("open", hostile)).toEqual({ state: "open", stats: {} });
  });

  test.each<[unknown, unknown?]>([
    [{}],
    [null],
    [{ state: 1 }],
    [{ state: "open" }, { unhealthyAt: "closed" }],
    [{ state: "open" }, { degradedAt: null }],
    [{ state: "open" }, { degradedAt: "open", unhealthyAt: "half-open" }],
    [{ state: "open" }, { opne: 1 }],
  ])("refuses %j %j", (breaker, options) => {
    expect(() => breakerCheck(breaker as never, options as never)).toThrow(TypeError);
  });
});

describe("liveness", () => {
  test("takes the checks of this process and refuses every check of a remote system", () => {
    const health = createHealth();
    const local: Check[] = [diskCheck("/"), memoryCheck(), eventLoopCheck()];
    local.forEach((check, i) => void health.add(`${i}`, check, { groups: ["live"] }));
    expect(() => health.add("breaker", breakerCheck({ state: "closed" }), { groups: ["live"] })).toThrow(TypeError);
  });
});
