import { mkdir, rename, rm, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@seaworthy/core";
import { captureTelemetry, type ManualClock, manualClock } from "@seaworthy/core/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ConfigWatcher, type LoadConfigOptions, port, secretText, watchConfig } from "../src/index.ts";
import { workspace } from "./workspace.ts";

const schema = z.object({ port: port().default(1), key: secretText().optional() });
type Watched = z.output<typeof schema>;

/** Waits for what the system tells, turn by turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((turn) => setImmediate(turn));
}

/** A manual clock, and the delays of the timers that were started on it. */
function recordingClock(): { clock: Clock; manual: ManualClock; delays: number[] } {
  const manual = manualClock();
  const delays: number[] = [];
  const clock: Clock = {
    now: () => manual.now(),
    monotonic: () => manual.monotonic(),
    schedule: (callback, delay, options) => {
      delays.push(delay);
      return manual.schedule(callback, delay, options);
    },
  };
  return { clock, manual, delays };
}

async function following(
  options: LoadConfigOptions,
): Promise<{ watcher: ConfigWatcher<Watched>; port(value: number): Promise<void> }> {
  const watcher = await watchConfig(schema, { env: {}, envFile: false, ...options, debounce: 5 });
  return { watcher, port: (value) => until(() => watcher.current.port === value) };
}

describe("watchConfig", () => {
  it("follows a directory that is removed and made anew, again and again", async () => {
    await using at = await workspace();
    await at.write("config/default.json", { port: 2 });
    const { watcher, port } = await following({ directory: at.directory });
    for (const next of [3, 4, 5]) {
      await rm(at.directory, { recursive: true });
      await mkdir(at.directory);
      await at.write("config/default.json", { port: next });
      await port(next);
      await at.write("config/default.json", { port: next + 100 });
      await port(next + 100);
    }
    await watcher.close();
    expect(process.getActiveResourcesInfo()).not.toContain("FSEventWrap");
  });

  it("follows a directory over which another one is renamed", async () => {
    await using at = await workspace();
    await at.write("config/default.json", { port: 2 });
    const { watcher, port } = await following({ directory: at.directory });
    for (const next of [3, 4]) {
      await at.write(`next-${next}/default.json`, { port: next });
      await rename(at.directory, join(at.root, `old-${next}`));
      await rename(join(at.root, `next-${next}`), at.directory);
      await port(next);
      await at.write("config/default.json", { port: next + 100 });
      await port(next + 100);
    }
    await watcher.close();
  });

  it("follows a symbolic link on the path that is set to another release", async () => {
    await using at = await workspace();
    for (const release of [2, 3, 4]) await at.write(`releases/${release}/config/default.json`, { port: release });
    const current = join(at.root, "current");
    await symlink(join(at.root, "releases/2"), current);
    const { watcher, port } = await following({ directory: join(current, "config") });
    for (const release of [3, 4]) {
      await symlink(join(at.root, `releases/${release}`), `${current}-new`);
      await rename(`${current}-new`, current);
      await port(release);
    }
    await at.write("releases/4/config/default.json", { port: 5 });
    await port(5);
    await watcher.close();
  });

  it("follows a volume of Kubernetes, whose files are links to a link that is exchanged", async () => {
    await using at = await workspace();
    await at.write("config/..1/default.json", { port: 2 });
    await at.write("config/..2/default.json", { port: 3 });
    await symlink("..1", join(at.directory, "..data"));
    await symlink("..data/default.json", join(at.directory, "default.json"));
    const { watcher, port } = await following({ directory: at.directory });
    await symlink("..2", join(at.directory, "..data-tmp"));
    await rename(join(at.directory, "..data-tmp"), join(at.directory, "..data"));
    await port(3);
    await watcher.close();
  });

  it("sees a secret that appears in the secrets directory, and a file that was absent at the start", async () => {
    await using at = await workspace();
    await mkdir(join(at.root, "secrets"));
    const { watcher, port } = await following({ directory: at.directory, secretsDirectory: join(at.root, "secrets") });
    await at.write("config/default.json", { port: 2 });
    await port(2);
    await at.write("secrets/KEY", "Zk3v9Qw1");
    await until(() => watcher.current.key?.reveal() === "Zk3v9Qw1");
    await watcher.close();
  });

  it("starts no timer for a file beside those that it was read from", async () => {
    await using at = await workspace();
    await at.write("config/default.json", { port: 2 });
    const { clock, manual, delays } = recordingClock();
    await using watcher = await watchConfig(schema, { directory: at.directory, env: {}, clock });
    for (let line = 0; line < 20; line++) await at.write("app.log", `line ${line}`);
    await at.write("config/unrelated.json", { port: 9 });
    // The system reports changes in their order, so the earlier changes have been reported too.
    await at.write("config/default.json", { port: 3 });
    await until(() => manual.pending > 0);
    const all = delays.length;
    using telemetry = captureTelemetry();
    await manual.advance("100ms");
    await until(() => watcher.current.port === 3);
    expect(telemetry.of("config.reload")).toHaveLength(1);
    expect(all).toBeLessThan(6);
  });

  it("reads again after the longest wait although changes go on", async () => {
    await using at = await workspace();
    await at.write("config/default.json", { port: 2 });
    const { clock, manual, delays } = recordingClock();
    const options = { directory: at.directory, env: {}, clock, debounce: "1m", maxWait: "90s" } as const;
    await using watcher = await watchConfig(schema, options);
    await at.write("config/default.json", { port: 3 });
    await until(() => delays.length > 0);
    expect(delays[0]).toBe(60_000);
    for (const seconds of [50, 35]) {
      const before = delays.length;
      await manual.advance(seconds * 1000);
      await at.write("config/default.json", { port: 3 + seconds });
      await until(() => delays.length > before);
    }
    expect(delays.at(-1)).toBe(5000);
    await manual.advance("5s");
    await until(() => watcher.current.port === 38);
  });

  it("keeps the snapshot while a file is gone for a moment, and takes the removal when it lasts", async () => {
    await using at = await workspace();
    const file = await at.write("config/default.json", { port: 2 });
    const { clock, manual, delays } = recordingClock();
    const options = { directory: at.directory, env: {}, clock, debounce: 10, removalDelay: "1s" } as const;
    await using watcher = await watchConfig(schema, options);
    await unlink(file);
    await until(() => delays.length > 0);
    await manual.advance(10);
    await until(() => delays.includes(1000));
    expect(watcher.current.port).toBe(2);
    await at.write("config/default.json", { port: 3 });
    await until(() => delays.at(-1) === 10);
    await manual.advance(10);
    await until(() => watcher.current.port === 3);
    const before = delays.length;
    await unlink(file);
    await until(() => delays.length > before);
    await manual.advance(10);
    await until(() => manual.pending > 0 && delays.at(-1) === 1000);
    expect([watcher.current.port, watcher.version]).toEqual([3, 2]);
    await manual.advance("1s");
    await until(() => watcher.current.port === 1);
  });

  it("takes a removal at once when it is asked to read again", async () => {
    await using at = await workspace();
    const file = await at.write("config/default.json", { port: 2 });
    await using watcher = await watchConfig(schema, { directory: at.directory, env: {}, clock: manualClock() });
    await unlink(file);
    expect(await watcher.reload()).toBe(true);
    expect(watcher.current.port).toBe(1);
  });
});
