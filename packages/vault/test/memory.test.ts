import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keysOf } from "./independent-reader.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "vault-memory-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe.skipIf(process.platform !== "linux")("the memory of a process", () => {
  it("has no copy of a vault's keys after the vault is locked", async () => {
    const path = join(directory, "v", "credentials.vault");
    const program = join(import.meta.dirname, "memory.ts");
    const child = spawn(process.execPath, ["--conditions=@seaworthy/source", program, path], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    try {
      await once(child.stdout, "data");
      const keys = await keysOf(path, { password: "battery horse correct" });
      const open = countIn(child.pid as number, keys);
      // The scan is able to find what there is: an open vault needs its root and its MAC key.
      expect(open.root).toBeGreaterThan(0);
      expect(open.manifest).toBeGreaterThan(0);
      child.stdin.write("lock\n");
      await once(child.stdout, "data");
      expect(countIn(child.pid as number, keys)).toEqual({ root: 0, manifest: 0, log: 0, data: 0, slots: 0, kek: 0 });
    } finally {
      child.kill("SIGKILL");
    }
  }, 60_000);
});

/** How often each key occurs in the readable memory of a process. */
function countIn(pid: number, keys: Readonly<Record<string, Buffer>>): Record<string, number> {
  const counts = Object.fromEntries(Object.keys(keys).map((name) => [name, 0]));
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const [, begin, end] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      if (begin === undefined || end === undefined) continue;
      const area = readArea(memory, Number.parseInt(begin, 16), Number.parseInt(end, 16));
      for (const [name, key] of Object.entries(keys))
        for (let at = area.indexOf(key); at >= 0; at = area.indexOf(key, at + 1))
          counts[name] = (counts[name] ?? 0) + 1;
    }
  } finally {
    closeSync(memory);
  }
  return counts;
}

function readArea(memory: number, begin: number, end: number): Buffer {
  const area = Buffer.alloc(end - begin);
  let at = 0;
  while (at < area.length) {
    try {
      const read = readSync(memory, area, at, Math.min(area.length - at, 2 ** 24), begin + at);
      if (read === 0) break;
      at += read;
    } catch {
      break; // a page that cannot be read
    }
  }
  return area;
}
