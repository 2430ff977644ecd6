import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { launch, type Service } from "./harness.ts";

/** Milliseconds of quiet from which on a service that drains may close a connection, less some for the way. */
const QUIET = 300;
const folder = mkdtempSync(join(tmpdir(), "seaworthy-workers-"));
const services: Service[] = [];
afterEach(() => {
  for (const service of services.splice(0)) {
    service.kill("SIGKILL");
    // Workers end with their primary. Those that a test has made hang do not.
    for (const pid of pidsOf(service)) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

async function begin(scenario: string, options: object = {}, flag = ""): Promise<Service> {
  const service = await launch("fixtures/workers.ts", [scenario, JSON.stringify({ count: 2, ...options }), flag]);
  services.push(service);
  return service;
}

/** The workers that have been ready, in the order in which they were. */
const pidsOf = (service: Service): number[] =>
  [...service.output().matchAll(/is process (\d+) on/g)].map(([, pid]) => Number(pid));

const slowRequests = (service: Service): number => service.output().match(/is in flight/g)?.length ?? 0;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(20);
}

function ask(port: number, path = "/", agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port, path, agent }, (response) => {
      let text = "";
      response.on("data", (part) => {
        text += part;
      });
      response.on("end", () => resolve(text));
      response.on("error", reject);
    });
    request.on("error", (error) => reject(Object.assign(error, { reused: request.reusedSocket })));
  });
}

/** Clients that send one request after the other on kept connections, until they are stopped. */
function load(port: number, clients: number) {
  const lost: string[] = [];
  const by = new Set<string>();
  let answered = 0;
  let stopped = false;
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let quietSince = performance.now();
    while (!stopped) {
      const quiet = performance.now() - quietSince;
      try {
        by.add(await ask(port, "/?wait=2", agent));
        answered += 1;
      } catch (error) {
        // On a machine so busy that a client paused for long, a connection may be closed just when it is used again.
        // HTTP/1 cannot prevent that.
        const isStale =
          quiet > QUIET && typeof error === "object" && error !== null && "reused" in error && error.reused;
        if (isStale !== true) lost.push(String(error));
      }
      quietSince = performance.now();
    }
    agent.destroy();
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    lost,
    by,
    answered: () => answered,
    async stop(): Promise<void> {
      stopped = true;
      await all;
    },
  };
}

describe("runWorkers", () => {
  test("drains all workers on SIGTERM, answers what is in flight, and ends with code 0", async () => {
    const service = await begin("serves");
    await service.says("all workers are ready");
    const answers = [ask(service.port, "/?wait=500"), ask(service.port, "/?wait=500")];
    await until(() => slowRequests(service) === 2);
    service.kill("SIGTERM");
    const pids = pidsOf(service).map(String);
    for (const answer of await Promise.all(answers)) expect(pids).toContain(answer);
    expect((await service.exited).code).toBe(0);
    for (const pid of pids) expect(service.stdout()).toContain(`database of ${pid} closed`);
    expect(service.stderr()).toBe("");
  }, 60_000);

  test("loses no request and no readiness during a rolling restart under load", async () => {
    const service = await begin("serves", { count: 3 });
    await service.says("all workers are ready");
    const old = pidsOf(service);
    const clients = load(service.port, 8);
    await until(() => clients.answered() > 50);
    service.kill("SIGHUP");
    for (let i = 0; i < 3; i++) await until(() => !isAlive(old[i] as number));
    const before = clients.answered();
    await until(() => clients.answered() > before + 50);
    await clients.stop();
    expect(clients.lost).toEqual([]);
    const fresh = pidsOf(service).slice(3);
    expect(fresh).toHaveLength(3);
    for (const pid of fresh) expect(isAlive(pid)).toBe(true);
    const fewest = [...service.stdout().matchAll(/fewest ready so far: (\d+)/g)].map(([, count]) => Number(count));
    expect(Math.min(...fewest)).toBeGreaterThanOrEqual(2);
    expect(service.stdout().match(/restart: rolling/g)).toHaveLength(3);
    service.kill("SIGTERM");
    expect((await service.exited).code).toBe(0);
    expect(service.stderr()).toBe("");
  }, 120_000);

  test("replaces a worker that crashes, and one that ends with code 0", async () => {
    const service = await begin("serves");
    await service.says("all workers are ready");
    const [victim = 0] = pidsOf(service);
    process.kill(victim, "SIGKILL");
    await until(() => pidsOf(service).length === 3);
    await service.says("another one starts");
    expect(service.stderr()).toMatch(
      new RegExp(
        `^lifecycle warn: worker [12] \\(process ${victim}\\) was ended by SIGKILL; another one starts in \\d+ ms\n$`,
      ),
    );
    await ask(service.port, "/?exit=0").catch(() => undefined);
    await until(() => pidsOf(service).length === 4);
    await service.says("ended with code 0; another one starts");
    expect(Number(await ask(service.port))).toBeGreaterThan(0);
    service.kill("SIGTERM");
    expect((await service.exited).code).toBe(0);
  }, 60_000);

  test("ends with a clear error and code 1 if workers end again and again", async () => {
    const service = await begin("crashes at start", { crashLimit: 5 });
    expect((await service.exited).code).toBe(1);
    expect(service.stderr()).toMatch(
      /6 workers have ended by themselves within 60 s \(5 may\); the last one, worker [12] \(process \d+\), ended with code 3; stopping the others; exit code 1/,
    );
    expect(service.stderr().match(/another one starts in/g)).toHaveLength(5);
  }, 60_000);

  test("kills a worker that is not ready in time", async () => {
    const service = await begin("never ready", { count: 1, startTimeout: 300, crashLimit: 1 });
    expect((await service.exited).code).toBe(1);
    expect(service.stderr()).toContain("was killed, because it was not ready in time; another one starts");
    expect(service.stderr()).toContain("2 workers have ended by themselves");
  }, 60_000);

  test("kills workers that hang when the deadline has passed, names them, and ends with code 1", async () => {
    const service = await begin("hangs", { deadline: 500 });
    await service.says("all workers are ready");
    service.kill("SIGTERM");
    expect((await service.exited).code).toBe(1);
    for (const pid of pidsOf(service)) {
      expect(service.stderr()).toContain(`(process ${pid}) was killed, because it did not end in time`);
      expect(isAlive(pid)).toBe(false);
    }
  }, 60_000);

  test("ends at once, together with its workers, at a second signal", async () => {
    const service = await begin("hangs", { deadline: "1h" });
    await service.says("all workers are ready");
    service.kill("SIGTERM");
    await pause(200);
    service.kill("SIGINT");
    expect((await service.exited).code).toBe(1);
    expect(service.stderr()).toMatch(
      /second signal \(SIGINT\): killing worker 1 .*, worker 2 .* and exiting with code 1/,
    );
    await until(() => pidsOf(service).every((pid) => !isAlive(pid)));
  }, 60_000);

  test("leaves no worker behind if the primary is killed, and answers what is in flight", async () => {
    const service = await begin("serves");
    await service.says("all workers are ready");
    const pids = pidsOf(service);
    const answer = ask(service.port, "/?wait=500");
    await until(() => slowRequests(service) === 1);
    service.kill("SIGKILL");
    expect(pids.map(String)).toContain(await answer);
    await until(() => pids.every((pid) => !isAlive(pid)));
    for (const pid of pids) await service.says(`database of ${pid} closed`);
  }, 60_000);

  test("leaves no worker without a lifecycle behind either", async () => {
    const service = await begin("has no lifecycle", { count: 1 });
    await service.says("all workers are ready");
    const pids = pidsOf(service);
    expect(pids).toHaveLength(1);
    service.kill("SIGKILL");
    await until(() => pids.every((pid) => !isAlive(pid)));
  }, 60_000);

  test("keeps the old workers if a new one fails, and restarts once that is mended", async () => {
    const flag = join(folder, "bad release");
    const service = await begin("fails if the flag is there", {}, flag);
    await service.says("all workers are ready");
    const old = pidsOf(service);
    writeFileSync(flag, "");
    service.kill("SIGUSR2");
    await service.says("not restarted: LIFECYCLE_RESTART_FAILED");
    await service.says("the old workers keep running");
    expect(service.stderr()).toMatch(
      /the rolling restart has ended, and the old workers keep running: the new worker 1 .* ended with code 1/,
    );
    expect(old.map(String)).toContain(await ask(service.port));
    rmSync(flag);
    service.kill("SIGUSR2");
    await service.says("restarted\n");
    expect(old.filter(isAlive)).toEqual([]);
    expect(pidsOf(service)).toHaveLength(4);
    service.kill("SIGTERM");
    expect((await service.exited).code).toBe(0);
  }, 60_000);

  test("drains once if a service manager sends the signal to the workers as well", async () => {
    const service = await begin("serves");
    await service.says("all workers are ready");
    const answer = ask(service.port, "/?wait=500");
    await until(() => slowRequests(service) === 1);
    for (const pid of pidsOf(service)) process.kill(pid, "SIGTERM");
    service.kill("SIGTERM");
    expect(pidsOf(service).map(String)).toContain(await answer);
    expect((await service.exited).code).toBe(0);
  }, 60_000);

  test("ends with code 0 if it is stopped while its workers start", async () => {
    const service = await begin("never ready", { count: 1 });
    service.kill("SIGTERM");
    expect((await service.exited).code).toBe(0);
    expect(service.stderr()).toBe("");
  }, 60_000);
});
