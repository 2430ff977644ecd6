import { fork } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, describe, expect, it, test } from "vitest";
import { type ConformancePlace, destinationConformance } from "../src/conformance.ts";
import type { Destination } from "../src/destinations/destination.ts";
import { file } from "../src/destinations/file.ts";
import { readDestination } from "../src/internal/read-destination.ts";

const directory = mkdtempSync(join(tmpdir(), "seaworthy-conformance-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function suite(name: string, createPlace: () => ConformancePlace): void {
  describe(name, () => {
    for (const { title, run } of destinationConformance(createPlace)) it(title, run);
  });
}

let files = 0;
suite("file()", () => {
  const path = join(directory, `${files++}.log`);
  const read = (): string[] => readFileSync(path, "utf8").split("\n").slice(0, -1);
  return { create: () => file({ path }), read };
});

suite("a stream", () => {
  const stream = new PassThrough();
  let text = "";
  stream.on("data", (part: Buffer) => {
    text += part.toString();
  });
  const create = (): Destination => readDestination(stream, "destinations").destination;
  return { create, read: () => text.split("\n").slice(0, -1) };
});

suite("a destination that writes later", () => {
  const lines: string[] = [];
  const create = (): Destination => {
    let waiting: string[] = [];
    let timer: NodeJS.Immediate | undefined;
    const flush = async (): Promise<void> => {
      clearImmediate(timer);
      timer = undefined;
      lines.push(...waiting);
      waiting = [];
    };
    return {
      kind: "later",
      get waitingBytes() {
        return Buffer.byteLength(waiting.join(""));
      },
      write: (line) => {
        waiting.push(line.slice(0, -1));
        timer ??= setImmediate(() => void flush());
      },
      flush,
      close: flush,
    };
  };
  return { create, read: () => lines };
});

describe.each(["line", "turn", "background"])('stdout({ mode: "%s" }) on a file', (mode) => {
  test("passes the suite", async () => {
    const path = join(directory, `stdout-${mode}.log`);
    const child = fork(join(import.meta.dirname, "fixtures/conform-stdout.ts"), [path, mode], {
      execArgv: ["--conditions=@seaworthy/source"],
      stdio: ["ignore", openSync(path, "a+"), "inherit", "ipc"],
    });
    const results: { title: string; failure?: string }[] = [];
    child.on("message", (result) => results.push(result as { title: string; failure?: string }));
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(results.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(results).toHaveLength(
      destinationConformance(() => ({ create: () => ({ write: () => undefined }), read: () => [] })).length,
    );
    expect(code).toBe(0);
  });
});

const lines: string[] = [];
const broken: Readonly<Record<string, Partial<Destination>>> = {
  "drops every tenth line": {
    write: (line) => void (line.includes('"i":10') || lines.push(line.slice(0, -1))),
  },
  "cuts long lines": { write: (line) => void lines.push(line.slice(0, 100).trimEnd()) },
  "writes in the wrong order": { write: (line) => void lines.unshift(line.slice(0, -1)) },
  "rejects when it is closed twice": {
    close: (() => {
      let closed = 0;
      return async () => {
        if (closed++ > 0) throw new Error("closed");
      };
    })(),
  },
  "never has written everything": { waitingBytes: 1 },
  "has a kind that is not fit for a label": { kind: "a b" },
  "is always degraded": { health: () => ({ status: "degraded" }) },
};

test.each(Object.entries(broken))("a destination fails the suite if it %s", async (_, fault) => {
  const cases = destinationConformance(() => {
    lines.length = 0;
    const create = (): Destination => ({ write: (line) => void lines.push(line.slice(0, -1)), ...fault });
    return { create, read: () => lines };
  });
  const failed: string[] = [];
  for (const { title, run } of cases) await run().catch(() => failed.push(title));
  expect(failed.length).toBeGreaterThan(0);
});
