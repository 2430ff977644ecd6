import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as here from "../src/index.ts";

let directory: string;
let there: typeof here;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "seaworthy-core-"));
  await cp(join(import.meta.dirname, "..", "src"), directory, { recursive: true });
  there = (await import(pathToFileURL(join(directory, "index.ts")).href)) as typeof here;
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test("the other copy is another one", () => {
  expect(there.SeaworthyError).not.toBe(here.SeaworthyError);
});

test("each copy recognises the errors of the other", () => {
  const theirs = new there.SeaworthyError("THEIRS", "m");
  expect(theirs).not.toBeInstanceOf(here.SeaworthyError);
  expect(here.isSeaworthyError(theirs, "THEIRS")).toBe(true);
  expect(there.isSeaworthyError(new here.SeaworthyError("OURS", "m"), "OURS")).toBe(true);
  expect(here.toProblem(theirs).code).toBe("THEIRS");
});

test("context set by one copy is seen by the other, with its deadline", () => {
  here.runWithContext({ correlationId: "r-1", deadline: Date.now() + 1000 }, () => {
    expect(there.currentContext().correlationId).toBe("r-1");
    expect(there.remainingTime()).toBeLessThanOrEqual(1000);
  });
});

test("secrets of one copy are known to and scrubbed by the other", () => {
  const key = there.secret("made-by-the-other-copy");
  expect(here.isSecret(key)).toBe(true);
  expect(here.scrubSecrets("x made-by-the-other-copy")).toBe("x [redacted]");
});

test("events of one copy reach listeners of the other", () => {
  const event = there.defineEvent("copies.met", { help: "Two copies met." });
  const names: string[] = [];
  const end = here.onTelemetry((record) => names.push(record.name));
  event.emit({});
  end();
  expect(names).toEqual(["copies.met"]);
});
