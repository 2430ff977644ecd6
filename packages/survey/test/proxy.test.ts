import { createServer as createHttp } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { exchange } from "../src/drive/exchange.ts";
import { FaultProxy } from "../src/proxy/fault-proxy.ts";

const BODY = "x".repeat(1000);
const server = createHttp((_, response) => response.end(BODY));
let proxy: FaultProxy;
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(async () => {
  proxy = await FaultProxy.start("127.0.0.1", (server.address() as AddressInfo).port);
});
afterEach(() => proxy.close());

const ask = (timeout = 2000) => exchange(new URL(`http://127.0.0.1:${proxy.port}`), { path: "/", timeout });

describe("the proxy before a dependency", () => {
  test("passes bytes on and counts connections and requests", async () => {
    const { status, body, loss } = await ask();
    expect({ status, body, loss }).toEqual({ status: 200, body: BODY, loss: undefined });
    expect(proxy.traffic).toMatchObject({ connections: 1, peak: 1 });
    expect(proxy.traffic.requests).toHaveLength(1);
    proxy.reset();
    expect(proxy.traffic.requests).toHaveLength(0);
  });

  test("refuses connections, and accepts them on the same port afterwards", async () => {
    const { port } = proxy;
    await proxy.set({ kind: "refuse" });
    expect((await ask()).loss?.kind).toBe("refused");
    await proxy.set({ kind: "none" });
    expect(proxy.port).toBe(port);
    expect((await ask()).status).toBe(200);
  });

  test("resets open connections when it begins to refuse", async () => {
    const socket = connect(proxy.port, "127.0.0.1");
    const ended = new Promise<string>((resolve) => {
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
      socket.on("close", () => resolve("closed"));
    });
    await new Promise((resolve) => socket.once("connect", resolve));
    await expect.poll(() => proxy.open).toBe(1);
    await proxy.set({ kind: "refuse" });
    expect(await ended).toBe("ECONNRESET");
  });

  test("hangs, and delivers what was sent meanwhile when it goes on", async () => {
    await proxy.set({ kind: "hang" });
    expect((await ask(200)).loss?.kind).toBe("timeout");
    const waiting = ask(5000);
    await proxy.set({ kind: "none" });
    expect((await waiting).status).toBe(200);
  });

  test("cuts an answer off after some bytes", async () => {
    await proxy.set({ kind: "cut", after: 400 });
    const { loss, body } = await ask();
    expect(loss?.kind).toBe("truncated");
    expect(body.length).toBeLessThan(400);
  });

  test("changes bytes", async () => {
    await proxy.set({ kind: "corrupt" });
    const { body, loss } = await ask();
    expect(loss !== undefined || body !== BODY).toBe(true);
  });

  test("delays answers", async () => {
    await proxy.set({ kind: "slow", delay: 300 });
    const { duration, status } = await ask();
    expect(status).toBe(200);
    expect(duration).toBeGreaterThanOrEqual(295);
  });

  test("survives a dependency that is not there", async () => {
    const absent = createServer();
    await new Promise<void>((resolve) => absent.listen(0, "127.0.0.1", resolve));
    const { port } = absent.address() as AddressInfo;
    await new Promise((resolve) => absent.close(resolve));
    const before = await FaultProxy.start("127.0.0.1", port);
    const { loss } = await exchange(new URL(`http://127.0.0.1:${before.port}`), { path: "/" });
    expect(loss?.kind).toBe("reset");
    await before.close();
  });
});
