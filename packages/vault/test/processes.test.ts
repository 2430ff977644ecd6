import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { build } from "tsup";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileStore, openVault, type Vault } from "../src/index.ts";

const key = new Uint8Array(32).fill(3);
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vault-processes-"));
  await bundleWriter();
});
afterAll(() => rm(directory, { recursive: true }));

/** One file instead of sixty, so that three hundred processes start in half the time. */
async function bundleWriter(): Promise<void> {
  const argon2 = pathToFileURL(createRequire(import.meta.url).resolve("argon2")).href;
  await build({
    entry: { writer: join(import.meta.dirname, "writer.ts") },
    outDir: directory,
    format: "esm",
    outExtension: () => ({ js: ".mjs" }),
    noExternal: [/^@seaworthy\//],
    esbuildPlugins: [
      {
        name: "argon2",
        setup: ({ onResolve }) => onResolve({ filter: /^argon2$/ }, () => ({ path: argon2, external: true })),
      },
    ],
    esbuildOptions: (options) => {
      options.conditions = ["@seaworthy/source"];
    },
    config: false,
    silent: true,
  });
}

function writer(...args: string[]): ChildProcess {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(directory, "cache") };
  return spawn(process.execPath, [join(directory, "writer.mjs"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env,
  });
}

function open(path: string): Promise<Vault> {
  return openVault({ store: fileStore(path), key, autoLock: false });
}

describe("processes on one vault file", () => {
  it("two of them write 100 entries each and leave 200", async () => {
    const path = join(directory, "two", "credentials.vault");
    const children = ["a", "b"].map((tag) => writer(path, "fill", tag, "100"));
    const statuses = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));
    expect(statuses).toEqual([0, 0]);
    await using vault = await open(path);
    expect(await vault.verify()).toMatchObject({ entries: 200, versions: 200 });
  }, 60_000);

  it("that leave a vault open, with its timer for the idle lock, end by themselves", async () => {
    const child = writer(join(directory, "idle", "credentials.vault"), "leave");
    expect((await once(child, "exit"))[0]).toBe(0);
  });

  it("killed with SIGKILL 300 times, leave the state before or after the call they were in", async () => {
    // Four vaults side by side, 75 kills each: most of the time goes into starting processes.
    const lanes = Array.from({ length: 4 }, (_, lane) =>
      killRepeatedly(join(directory, `kill-${lane}`, "credentials.vault"), 75, lane),
    );
    const midway = await Promise.all(lanes);
    expect(midway.reduce((sum, one) => sum + one.kills, 0)).toBe(300);
    // Otherwise they would all have died before they wrote anything.
    expect(midway.reduce((sum, one) => sum + one.written, 0)).toBeGreaterThanOrEqual(200);
  }, 300_000);
});

/** Starts a counting process and kills it at an unplanned instant, time after time, on the same vault. */
async function killRepeatedly(path: string, rounds: number, lane: number): Promise<{ kills: number; written: number }> {
  let acknowledged = 0;
  for (let round = 0; round < rounds; round++) {
    const child = writer(path, "count");
    const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess["stdout"]> });
    const exited = once(child, "exit");
    // After none to three writes of this process, and then at an instant that the scheduler chooses.
    let patience = round % 4;
    for await (const line of lines) {
      acknowledged = Math.max(acknowledged, Number(line.slice(3)));
      if (patience-- === 0) setTimeout(() => child.kill("SIGKILL"), (round * 7 + lane * 3) % 11);
    }
    await exited;
    expect(child.signalCode, `round ${round}`).toBe("SIGKILL");
    await using vault = await open(path);
    await vault.verify();
    const counter = Number((await vault.get("counter").catch(() => undefined))?.reveal() ?? 0);
    // What was acknowledged is there; of what was not, at most the one call that was under way.
    expect(counter).toBeGreaterThanOrEqual(acknowledged);
    expect(counter).toBeLessThanOrEqual(acknowledged + 1);
    acknowledged = counter;
  }
  const left = await readdir(`${path}.d`);
  expect(left.filter((name) => name.startsWith("t")).length).toBeLessThanOrEqual(2);
  return { kills: rounds, written: acknowledged };
}
