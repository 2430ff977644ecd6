import { afterEach, describe, expect, test } from "vitest";
import { rawClient, requestText } from "./clients.ts";
import { launch, type Service } from "./harness.ts";
import { run } from "./rig.ts";

const services: Service[] = [];
afterEach(() => {
  for (const service of services.splice(0)) service.kill("SIGKILL");
});

async function begin(framework: string, options: object = {}): Promise<Service> {
  const service = await launch("fixtures/frameworks.ts", [framework, JSON.stringify(options)]);
  services.push(service);
  return service;
}

describe.each(["bare", "express", "fastify", "hono"])("a service on %s", (framework) => {
  test("loses no request while clients keep sending after SIGTERM, and ends right behind its last response", async () => {
    const service = await begin(framework, { drainDelay: "1s" });
    const load = { slow: 5, slowTime: 100, fast: 3, long: 1400, before: 150, after: 300 };
    const outcome = await run(service, load);
    expect(outcome, service.output()).toMatchObject({ lost: {}, longAnswered: true, keptAlive: 0, code: 0 });
    expect(outcome.answered).toBeGreaterThan(20);
    expect(service.output()).toContain("state draining (SIGTERM)\ndatabase closed\nstate stopped (SIGTERM)");
  });

  test("says Connection: close whatever its handlers say", async () => {
    const service = await begin(framework, { drainDelay: "1s" });
    const client = await rawClient(service.port);
    client.send(requestText("/?wait=0&keep=1"));
    await client.until("done");
    expect(client.text()).toMatch(/connection: keep-alive/i);
    const before = client.text().length;
    service.kill("SIGTERM");
    await service.says("state draining");
    client.send(requestText("/?wait=0&keep=1"));
    await client.closed;
    expect(client.text().slice(before)).toMatch(/connection: close/i);
    expect(client.text().slice(before)).not.toMatch(/keep-alive/i);
    expect((await service.exited).code).toBe(0);
  });
});
