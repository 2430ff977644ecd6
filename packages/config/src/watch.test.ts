import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { issuesOf } from "../test/issues.ts";
import { workspace } from "../test/workspace.ts";
import { type ConfigDifference, type ConfigError, port, secretText, watchConfig } from "./index.ts";

const schema = z.object({ port: port().default(1), key: secretText().optional() });

describe("watchConfig", () => {
  it("gives each valid change with the snapshot before and the difference, and nothing when nothing changed", async () => {
    await using at = await workspace();
    using telemetry = captureTelemetry();
    await at.write("config/default.json", { port: 1, key: "first-secret-key" });
    const changes: [number, number, readonly ConfigDifference[]][] = [];
    await using watcher = await watchConfig(
      schema,
      { directory: at.directory, env: {} },
      (next, { previous, differences }) => void changes.push([next.port, previous.port, differences]),
    );
    expect(await watcher.reload()).toBe(false);
    await at.write("config/default.json", { port: 2, key: "another-secret-key" });
    expect(await watcher.reload()).toBe(true);
    expect(watcher.current.port).toBe(2);
    expect(Object.isFrozen(watcher.current)).toBe(true);
    expect(changes).toEqual([
      [
        2,
        1,
        [
          expect.objectContaining({ path: "key", before: "[redacted]" }),
          expect.objectContaining({ path: "port", after: 2 }),
        ],
      ],
    ]);
    expect(telemetry.of("config.reload").map((event) => event.labels.outcome)).toEqual(["unchanged", "changed"]);
    expect(JSON.stringify(telemetry.events)).not.toContain("secret-key");
  });

  it("refuses an invalid change, keeps the old snapshot, and takes the next valid one", async () => {
    await using at = await workspace();
    using telemetry = captureTelemetry();
    await at.write("config/default.json", { port: 1 });
    const refused: ConfigError[] = [];
    const changed: number[] = [];
    const options = { directory: at.directory, env: {}, onRefused: (error: ConfigError) => void refused.push(error) };
    await using watcher = await watchConfig(schema, options, (next) => void changed.push(next.port));
    const before = watcher.current;
    for (const bad of [{ port: 0 }, "{ half a fi"]) {
      await at.write("config/default.json", bad);
      expect(await watcher.reload()).toBe(false);
      expect(watcher.current).toBe(before);
    }
    await at.write("config/default.json", { port: 3 });
    expect(await watcher.reload()).toBe(true);
    expect(changed).toEqual([3]);
    expect(refused.map((error) => error.issues[0]?.problem)).toEqual(["invalid", "malformed"]);
    expect(telemetry.of("config.reload").map((event) => event.labels.outcome)).toEqual([
      "refused",
      "refused",
      "changed",
    ]);
  });

  it("reads the environment again, one reading after the other", async () => {
    const env: Record<string, string> = { PORT: "1" };
    const seen: number[] = [];
    await using watcher = await watchConfig(
      schema,
      { directory: false as const, env },
      (next) => void seen.push(next.port),
    );
    env.PORT = "2";
    const first = watcher.reload();
    const second = watcher.reload();
    expect(await Promise.all([first, second])).toEqual([true, false]);
    expect(seen).toEqual([2]);
  });

  it("keeps the new snapshot and calls the other subscribers if one throws or rejects, and warns with the reason", async () => {
    const env: Record<string, string> = { PORT: "1" };
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on("warning", onWarning);
    const seen: number[] = [];
    await using watcher = await watchConfig(schema, { directory: false, env }, () => {
      throw new Error("thrown by a subscriber");
    });
    watcher.subscribe(async () => Promise.reject(new Error("rejected by a subscriber")));
    watcher.subscribe((next) => seen.push(next.port));
    env.PORT = "2";
    expect(await watcher.reload()).toBe(true);
    expect([watcher.current.port, seen]).toEqual([2, [2]]);
    await new Promise((done) => setImmediate(done));
    process.off("warning", onWarning);
    const failures = warnings.filter((warning) => (warning as { code?: string }).code === "CONFIG_CHANGE_FAILED");
    expect(failures.map(({ message }) => message)).toEqual([
      "A subscriber to changes of the configuration failed: Error: thrown by a subscriber",
      "A subscriber to changes of the configuration failed: Error: rejected by a subscriber",
    ]);
    expect((failures[0] as { detail?: string }).detail).toContain("watch.test.ts");
  });

  it("counts its snapshots, and calls no subscriber that has ended its subscription", async () => {
    const env: Record<string, string> = { PORT: "1" };
    const seen: [number, number][] = [];
    await using watcher = await watchConfig(schema, { directory: false, env });
    const end = watcher.subscribe((next, { version }) => seen.push([next.port, version]));
    expect(watcher.version).toBe(1);
    for (const port of ["2", "2", "3"]) {
      env.PORT = port;
      await watcher.reload();
    }
    end();
    env.PORT = "4";
    await watcher.reload();
    expect(seen).toEqual([
      [2, 2],
      [3, 3],
    ]);
    expect(watcher.version).toBe(4);
    expect(() => watcher.subscribe(5 as never)).toThrow("onChange must be a function; got 5");
  });

  it("calls no subscriber after it was closed, by hand or by a signal, and has no timer while it is idle", async () => {
    const clock = manualClock();
    const env: Record<string, string> = { PORT: "1" };
    const seen: number[] = [];
    const ending = new AbortController();
    const watcher = await watchConfig(
      schema,
      { directory: false as const, env, clock, signal: ending.signal },
      (next) => void seen.push(next.port),
    );
    expect(clock.pending).toBe(0);
    env.PORT = "2";
    const running = watcher.reload();
    ending.abort();
    await running;
    expect(await watcher.reload()).toBe(false);
    await watcher.close();
    await watcher.close();
    expect(seen).toEqual([]);
    expect(watcher.current.port).toBe(1);
  });

  it("is refused with an invalid first configuration, and with options that are not what they must be", async () => {
    const nothing = (): void => undefined;
    expect(
      await issuesOf(watchConfig(schema, { directory: false as const, env: { PORT: "x" } }, nothing)),
    ).toHaveLength(1);
    for (const bad of [
      { debounce: -1 },
      { onRefused: 1 },
      { signal: {} },
      { interval: 5 },
      { maxWait: -1 },
      { removalDelay: "x" },
    ])
      await expect(watchConfig(schema, bad as never, nothing)).rejects.toThrow(TypeError);
    await expect(watchConfig(schema, {}, 5 as never)).rejects.toThrow("onChange must be a function");
    await expect(watchConfig(schema, { signal: AbortSignal.abort(new Error("gone")) }, nothing)).rejects.toThrow(
      "gone",
    );
  });
});
