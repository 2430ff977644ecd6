import { get } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { launch, type Service } from "./harness.ts";

const services: Service[] = [];
afterEach(() => {
  for (const service of services.splice(0)) service.kill("SIGKILL");
});

async function begin(scenario: string, options: object = {}): Promise<Service> {
  const service = await launch("fixtures/scenarios.ts", [scenario, JSON.stringify(options)]);
  services.push(service);
  return service;
}

const ask = (service: Service, path: string): Promise<string> =>
  new Promise((resolve) => {
    get({ host: "127.0.0.1", port: service.port, path }, (response) => {
      let body = "";
      response.on("data", (text: Buffer) => {
        body += text.toString();
      });
      response.on("end", () => resolve(body));
      response.on("error", (error) => resolve(error.message));
    }).on("error", (error) => resolve(error.message));
  });
/** Sends a request that is never answered, and waits until the service has it. */
async function hold(service: Service): Promise<void> {
  void ask(service, "/hold");
  expect(await ask(service, "/")).toBe("done");
}

describe("a process", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "ends clean with code 0 on %s, silently but for its own lines",
    async (signal) => {
      const service = await begin("database");
      service.kill(signal);
      expect(await service.exited).toMatchObject({ code: 0, signal: null });
      expect(service.output()).toBe(
        `state ready (started)\nport ${service.port}\nstate draining (${signal})\ndatabase closed\nstate stopped (${signal})\nflushed\n`,
      );
    },
  );

  test("that has set an exit code of its own ends with that", async () => {
    const service = await begin("own exit code");
    service.kill("SIGTERM");
    expect((await service.exited).code).toBe(3);
  });

  test("handles the signals in its options, and no others", async () => {
    const service = await begin("clean", { signals: ["SIGHUP"] });
    service.kill("SIGHUP");
    expect((await service.exited).code).toBe(0);
    const other = await begin("clean", { signals: ["SIGHUP"] });
    other.kill("SIGTERM");
    expect((await other.exited).signal).toBe("SIGTERM");
  });

  test("ends at once with code 1 on a second signal, and says so and what is left", async () => {
    const service = await begin("clean");
    await hold(service);
    service.kill("SIGTERM");
    await service.says("state draining");
    service.kill("SIGINT");
    expect((await service.exited).code).toBe(1);
    expect(service.output()).toMatch(
      /lifecycle warn: second signal \(SIGINT\): exiting at once with code 1; not finished: requests: 1, open: http, handles: .*TCP/,
    );
  });

  test("cuts what hangs at its limit, closes the rest, and exits with 1 naming the cut and the active handles", async () => {
    const service = await begin("hanging database", { closeTimeout: 100, drainTimeout: 100 });
    await hold(service);
    service.kill("SIGTERM");
    expect((await service.exited).code).toBe(1);
    expect(service.output()).toContain("config closed");
    expect(service.output()).toMatch(
      /lifecycle error: stopped \(SIGTERM\) after \d+ ms with exit code 1: GET \/hold cut off after \d+ ms; resource "database" not closed after \d+ ms; event loop held by .*Timeout/,
    );
  });

  test("does not outlive its shutdown for a forgotten timer, and names it", async () => {
    const service = await begin("forgotten timer");
    service.kill("SIGTERM");
    expect((await service.exited).code).toBe(0);
    expect(service.output()).toContain(
      "lifecycle warn: everything is closed, but Timeout kept the process alive; exiting",
    );
  });

  test("drains to the end if its report of cuts is not read, and fatal errors are Node's", async () => {
    const service = await begin("hanging database", { closeTimeout: 100, drainTimeout: 100, fatalErrors: false });
    await hold(service);
    service.child.stderr?.destroy();
    service.kill("SIGTERM");
    expect((await service.exited).code).toBe(1);
    expect(service.stdout()).toMatch(/config closed\nstate stopped \(SIGTERM\)\nflushed\n$/);
  });

  test("does not end in the middle of its shutdown because nothing else holds it", async () => {
    const service = await begin("resources only", { closeTimeout: 300 });
    service.kill("SIGTERM");
    expect((await service.exited).code).toBe(0);
    expect(service.output()).toContain("flushed");
  });

  test("whose start fails closes what was open and exits with 1 behind one clear line", async () => {
    const service = await begin("failed start");
    expect((await service.exited).code).toBe(1);
    expect(service.stderr()).toMatch(
      /^lifecycle error: the service could not start: resource "database" did not start \(\d+ ms\): Error \[ECONNREFUSED\]: connect refused; closing config; exit code 1\n$/,
    );
    expect(service.stdout()).toMatch(/^state failed \(.*\)\nconfig closed\nflushed\n$/);
  });

  test("stopped while it starts gives up the start, closes what is open and exits with 0", async () => {
    const service = await begin("slow start");
    service.kill("SIGTERM");
    expect((await service.exited).code).toBe(0);
    expect(service.output()).toBe(
      "port 0\nstate draining (SIGTERM)\nconfig closed\nstate stopped (SIGTERM)\nflushed\n",
    );
  });

  test("that calls stop() itself ends by itself, as nothing keeps it alive", async () => {
    const service = await begin("own stop");
    expect((await service.exited).code).toBe(0);
    expect(service.output()).toContain("stopped with 0");
    const cutting = await begin("own stop that cuts");
    expect((await cutting.exited).code).toBe(1);
    expect(cutting.output()).toContain('resource "database" failed: Error: no');
  });

  test("that is killed outright leaves nothing to be said", async () => {
    const service = await begin("clean");
    service.kill("SIGKILL");
    expect((await service.exited).signal).toBe("SIGKILL");
  });
});

describe("an uncaught error", () => {
  test.each([
    ["/throw", "uncaughtException: TypeError: thrown in a callback", /at explode .*scenarios\.ts/],
    ["/reject", "unhandledRejection: Error: an uncaught failure", /scenarios\.ts/],
  ])(
    "%s is reported as fatal with its stack, drained briefly, flushed, and the exit code is 1",
    async (path, line, stack) => {
      const service = await begin("database", { drainDelay: "5s" });
      const waiting = ask(service, "/wait");
      expect(await ask(service, "/")).toBe("done");
      void ask(service, path);
      expect((await service.exited).code).toBe(1);
      expect(await waiting).toBe("done");
      expect(service.output()).toContain(`lifecycle fatal: ${line}; exit code 1\n`);
      expect(service.output()).toMatch(stack);
      expect(service.stdout()).toMatch(/database closed\nstate failed \(.*\)\nflushed\n$/);
    },
  );

  test("cuts what does not end within its short time", async () => {
    const service = await begin("database", { fatalTimeout: "600ms" });
    await hold(service);
    void ask(service, "/throw");
    expect((await service.exited).code).toBe(1);
    expect(service.output()).toMatch(/GET \/hold cut off after \d+ ms/);
    expect(service.output()).toContain("database closed");
  });

  test("during a drain is reported and makes the exit code 1", async () => {
    const service = await begin("throw while draining", { drainDelay: "500ms" });
    service.kill("SIGTERM");
    expect((await service.exited).code).toBe(1);
    expect(service.output()).toContain("lifecycle fatal: uncaughtException");
    expect(service.output()).toContain("database closed");
  });

  test("ends the service in order even if its standard error is not read", async () => {
    const service = await begin("database");
    service.child.stderr?.destroy();
    void ask(service, "/throw");
    expect((await service.exited).code).toBe(1);
    expect(service.stdout()).toMatch(/database closed\nstate failed \(uncaughtException\)\nflushed\n$/);
  });

  test("is reported ten times at most, so that a report which causes the next error ends", async () => {
    const service = await begin("failing report");
    void ask(service, "/throw");
    expect((await service.exited).code).toBe(1);
    expect(service.stdout().match(/reported fatal/g)).toHaveLength(10);
    expect(service.stdout()).toMatch(/database closed\nstate failed \(uncaughtException\)\nflushed\n$/);
  });

  test("is Node's own affair when fatalErrors is false", async () => {
    const service = await begin("database", { fatalErrors: false });
    void ask(service, "/throw");
    expect((await service.exited).code).toBe(1);
    expect(service.output()).not.toContain("lifecycle fatal");
  });
});
