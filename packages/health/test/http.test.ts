import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { manualClock } from "@seaworthy/core/testing";
import { afterEach, describe, expect, test } from "vitest";
import { createHealth, httpCheck } from "../src/index.ts";
import { freePort } from "./reachable.ts";
import { runCheck, until } from "./run-check.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe("httpCheck", () => {
  test.each([
    [200, "healthy"],
    [204, "healthy"],
    [301, "unhealthy"],
    [404, "unhealthy"],
    [503, "unhealthy"],
  ])("an answer of %i is %s", async (status, expected) => {
    const url = await serve((_, response) => response.writeHead(status, { location: "/" }).end());
    const report = await runCheck(httpCheck(`${url}/livez`));
    expect(report).toMatchObject({ status: expected, data: { httpStatus: status, latency: expect.any(Number) } });
    if (expected === "unhealthy") expect(report.error).toBe("HEALTH_HTTP_STATUS");
  });

  test("the host may say which statuses are good, and sends the headers and the method it wants", async () => {
    const heard: unknown[] = [];
    const url = await serve((request, response) => {
      heard.push(request.method, request.headers.authorization);
      response.writeHead(401).end();
    });
    const check = httpCheck(url, {
      method: "HEAD",
      headers: { authorization: "Bearer t" },
      expect: (status) => status === 401,
    });
    const report = await runCheck(check);
    expect(report.status).toBe("healthy");
    expect(heard).toEqual(["HEAD", "Bearer t"]);
    expect(JSON.stringify(report)).not.toMatch(/Bearer|127/);
  });

  test("no answer is unhealthy with the reason's code", async () => {
    expect(await runCheck(httpCheck(`http://127.0.0.1:${await freePort()}/`))).toMatchObject({
      status: "unhealthy",
      error: "ECONNREFUSED",
    });
    const url = await serve((request) => void request.socket.destroy());
    expect((await runCheck(httpCheck(url))).error).toMatch(/^(UND_ERR_SOCKET|ECONNRESET)$/);
  });

  test("a request that is never answered is given up when the check's time is over", async () => {
    let closed = false;
    let arrived = false;
    const url = await serve((request) => {
      arrived = true;
      request.socket.on("close", () => {
        closed = true;
      });
    });
    const clock = manualClock();
    const health = createHealth({ clock });
    health.add("payments", httpCheck(url, { clock }), { timeout: 100, critical: false });
    const asked = health.report();
    await until(() => arrived);
    await clock.advance(100);
    const report = await asked;
    expect(report.status).toBe("degraded");
    expect(report.checks.payments?.error).toBe("HEALTH_CHECK_TIMEOUT");
    await until(() => closed);
  });

  test("a body without end is not waited for", async () => {
    const url = await serve((_, response) => void response.writeHead(200).write("and so on"));
    expect((await runCheck(httpCheck(url))).status).toBe("healthy");
  });

  test("is degraded when the answer is slow", async () => {
    const clock = manualClock();
    const fetch = async (): Promise<Response> => {
      await clock.advance(250);
      return new Response();
    };
    const report = await httpCheck("http://x.test/", { fetch, clock, latency: { degradedAt: 250 } })(
      new AbortController().signal,
    );
    expect(report).toMatchObject({ status: "degraded", error: "HEALTH_SLOW", data: { latency: 250 } });
  });

  test.each<[string, unknown, unknown?]>([
    ["a relative URL", "/livez"],
    ["another protocol", "ftp://a/"],
    ["no URL", undefined],
    ["a user and password in the URL, which fetch would refuse on every run", "http://u:s3cr3t@a/"],
    ["a method that may change something", "http://a/", { method: "POST" }],
    ["an unknown option", "http://a/", { methd: "GET" }],
    ["expect that is not a function", "http://a/", { expect: 200 }],
    ["a threshold of 0", "http://a/", { latency: { degradedAt: 0 } }],
  ])("refuses %s", (_, url, options) => {
    expect(() => httpCheck(url as string, options as never)).toThrow(TypeError);
  });

  test("a refused URL is not repeated, since it may hold a password", () => {
    for (const url of ["ftp://u:s3cr3t@a/", "http://u:s3cr3t@a/"])
      expect(() => httpCheck(url)).toThrow(/^(?!.*s3cr3t)/);
  });
});
