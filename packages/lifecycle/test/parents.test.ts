import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type LaunchOptions, launch, type Service } from "./harness.ts";

const services: Service[] = [];
afterEach(() => {
  for (const service of services.splice(0)) service.kill("SIGKILL");
});

async function begin(scenario: string, options: object = {}, how: LaunchOptions = {}): Promise<Service> {
  const service = await launch("fixtures/scenarios.ts", [scenario, JSON.stringify(options)], how);
  services.push(service);
  return service;
}

const installed = (program: string): boolean =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));

describe("a process whose event loop runs empty", () => {
  test("closes its resources and flushes before it ends", async () => {
    const service = await begin("runs empty");
    expect((await service.exited).code).toBe(0);
    expect(service.output()).toBe("the work is done\ndatabase closed\nconfig closed\nflushed\n");
  });

  test("ends with code 1 if something could not be closed", async () => {
    const service = await begin("runs empty and cuts");
    expect((await service.exited).code).toBe(1);
    expect(service.output()).toContain("stopped (the event loop ran empty)");
    expect(service.output()).toContain("flushed");
  });
});

describe("a process with a parent", () => {
  test("that it listens to ends by itself after a signal, as after fork() or under PM2", async () => {
    const service = await begin("listens to its parent", {}, { ipc: true });
    service.kill("SIGTERM");
    expect((await service.exited).code).toBe(0);
    expect(service.output()).toContain("database closed");
    expect(service.stderr()).toBe("");
  });

  test("of node:cluster ends by itself, and the primary sees an end that it did not ask for", async () => {
    const service = await launch("fixtures/primary.ts", ["SIGTERM"]);
    services.push(service);
    expect((await service.exited).code).toBe(0);
    expect(service.output()).toContain("worker ended with 0, meant: false");
    expect(service.output()).toContain("database closed");
    expect(service.stderr()).toBe("");
  });
});

describe("a developer does not wait for a load balancer", () => {
  // script of util-linux runs a program in a terminal, and hands on what is typed.
  test.skipIf(!installed("script"))("at Ctrl-C in a terminal", async () => {
    const service = await begin("database", { drainDelay: "1h", deadline: "2h" }, { terminal: true });
    service.child.stdin?.write("\u0003");
    expect((await service.exited).code).toBe(0);
    expect(service.output()).toContain("state draining (SIGINT)");
    expect(service.output()).toContain("database closed");
  });

  test("when node --watch restarts the process", async () => {
    const service = await begin(
      "database",
      { drainDelay: "1h", deadline: "2h" },
      { env: { WATCH_REPORT_DEPENDENCIES: "1" }, ipc: true },
    );
    service.kill("SIGTERM");
    expect((await service.exited).code).toBe(0);
  });
});

describe("under Bun", () => {
  const bun = join(dirname(createRequire(import.meta.url).resolve("bun/package.json")), "bin/bun.exe");

  test.skipIf(!existsSync(bun))("a service answers what is in flight, closes its resources and ends", async () => {
    const service = await begin("database", {}, { runtime: bun });
    const answer = fetch(`http://127.0.0.1:${service.port}/wait`).then((response) => response.text());
    expect(await (await fetch(`http://127.0.0.1:${service.port}/`)).text()).toBe("done");
    service.kill("SIGTERM");
    expect(await answer).toBe("done");
    expect((await service.exited).code).toBe(0);
    expect(service.stdout()).toMatch(/database closed\nstate stopped \(SIGTERM\)\nflushed\n$/);
    expect(service.stderr()).toBe("");
  });
});
