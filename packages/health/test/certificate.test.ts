import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { manualClock } from "@seaworthy/core/testing";
import { afterEach, describe, expect, test } from "vitest";
import { certificateCheck, createHealth } from "../src/index.ts";
import { freePort } from "./reachable.ts";
import { runCheck } from "./run-check.ts";

const path = (name: string): string => join(import.meta.dirname, "fixtures", name);
const read = (name: string): string => readFileSync(path(name), "utf8");
const good = read("good.pem"); // 2025-01-01 to 2125-01-01
const expired = read("expired.pem"); // 2020-01-01 to 2021-01-01
const at = (date: string) => ({ clock: manualClock(Date.parse(date)) });

describe("certificateCheck on text and files", () => {
  test.each([
    ["2024-12-31", "unhealthy", "HEALTH_CERTIFICATE_NOT_YET_VALID"],
    ["2100-01-01", "healthy", undefined],
    ["2124-12-10", "healthy", undefined],
    ["2124-12-11", "degraded", "HEALTH_CERTIFICATE_EXPIRING"],
    ["2124-12-12", "degraded", "HEALTH_CERTIFICATE_EXPIRING"],
    ["2124-12-31", "degraded", "HEALTH_CERTIFICATE_EXPIRING"],
    ["2125-01-01", "unhealthy", "HEALTH_CERTIFICATE_EXPIRED"],
  ])("on %s the certificate until 2125 is %s", async (date, status, error) => {
    const report = await runCheck(certificateCheck({ pem: good }, at(date)));
    expect(report.status).toBe(status);
    expect(report.error).toBe(error);
    expect(report.data).toMatchObject({
      expiresAt: Date.UTC(2125, 0, 1),
      expiresIn: Date.UTC(2125, 0, 1) - Date.parse(date),
      certificates: 1,
    });
  });

  test("the limits are the host's to choose", async () => {
    const check = certificateCheck({ pem: good }, { ...at("2124-12-30"), degradedAt: "7d", unhealthyAt: "3d" });
    expect(await runCheck(check)).toMatchObject({ status: "unhealthy", error: "HEALTH_CERTIFICATE_EXPIRING" });
  });

  test("of a chain the earliest expiry counts", async () => {
    const check = certificateCheck({ pem: Buffer.from(good + expired) }, at("2020-06-01"));
    expect((await runCheck(check)).data).toMatchObject({ expiresAt: Date.UTC(2021, 0, 1), certificates: 2 });
  });

  test("a file is read on every run", async () => {
    expect(await runCheck(certificateCheck({ file: path("expired.pem") }))).toMatchObject({
      status: "unhealthy",
      error: "HEALTH_CERTIFICATE_EXPIRED",
    });
    expect((await runCheck(certificateCheck({ file: path("nowhere.pem") }))).error).toBe("ENOENT");
  });

  test("text without a readable certificate is unhealthy", async () => {
    const broken = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----";
    for (const pem of ["", broken, good + broken])
      expect(await runCheck(certificateCheck({ pem }, at("2100-01-01")))).toMatchObject({
        status: "unhealthy",
        error: "HEALTH_CERTIFICATE_UNREADABLE",
      });
  });
});

describe("certificateCheck on a server", () => {
  const servers: Server[] = [];
  const sockets = new Set<TLSSocket>();
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });
  async function serve(name: string): Promise<number> {
    const server = createServer({ cert: read(`${name}.pem`), key: read(`${name}.key`) }, (socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    return (server.address() as { port: number }).port;
  }
  const ca = read("authority.pem");

  test("a trusted one is healthy, and its name stays out of the report", async () => {
    const port = await serve("good");
    const report = await runCheck(certificateCheck({ host: "127.0.0.1", port, servername: "localhost", ca }));
    expect(report).toMatchObject({ status: "healthy", data: { trusted: true } });
    expect(JSON.stringify(report)).not.toContain("localhost");
  });

  test("an expired one is said to be expired, though no handshake would accept it", async () => {
    const port = await serve("expired");
    expect(await runCheck(certificateCheck({ host: "127.0.0.1", port, servername: "localhost", ca }))).toMatchObject({
      status: "unhealthy",
      error: "HEALTH_CERTIFICATE_EXPIRED",
      data: { trusted: false, reason: "CERT_HAS_EXPIRED" },
    });
  });

  test("one of an unknown authority, or for another name, is not trusted, unless it is not verified", async () => {
    const port = await serve("good");
    const stranger = certificateCheck({ host: "127.0.0.1", port, servername: "localhost" });
    expect(await runCheck(stranger)).toMatchObject({ status: "unhealthy", error: "HEALTH_CERTIFICATE_UNTRUSTED" });
    const other = certificateCheck({ host: "127.0.0.1", port, servername: "shop.test", ca });
    expect(await runCheck(other)).toMatchObject({
      status: "unhealthy",
      error: "HEALTH_CERTIFICATE_UNTRUSTED",
      data: { reason: "ERR_TLS_CERT_ALTNAME_INVALID" },
    });
    const unasked = certificateCheck({ host: "127.0.0.1", port, servername: "shop.test", verify: false });
    expect(await runCheck(unasked)).toMatchObject({ status: "healthy", data: { trusted: false } });
  });

  test("a server that is not there, or speaks no TLS, is unhealthy", async () => {
    expect((await runCheck(certificateCheck({ host: "127.0.0.1", port: await freePort() }))).error).toBe(
      "ECONNREFUSED",
    );
  });

  test("a server that never shakes hands is left when the check's time is over", async () => {
    const { createServer: plain } = await import("node:net");
    let closed = false;
    const mute = plain((socket) => {
      socket
        .on("error", () => undefined)
        .on("close", () => {
          closed = true;
        });
      socket.resume();
    }).listen(0, "127.0.0.1");
    await once(mute, "listening");
    const health = createHealth();
    const { port } = mute.address() as { port: number };
    health.add("certificate", certificateCheck({ host: "127.0.0.1", port }), { timeout: 50 });
    expect((await health.report()).checks.certificate?.error).toBe("HEALTH_CHECK_TIMEOUT");
    while (!closed) await new Promise((resolve) => setImmediate(resolve));
    mute.close();
  });

  test("only the check of a server is refused in group live", () => {
    const health = createHealth();
    health.add("file", certificateCheck({ pem: good }), { groups: ["live"] });
    const remote = certificateCheck({ host: "localhost" });
    expect(() => health.add("server", remote, { groups: ["live"] })).toThrow(/remote system/);
  });
});

describe("certificateCheck", () => {
  test.each<[string, unknown, unknown?]>([
    ["no source", {}],
    ["text in place of a source", "-----BEGIN"],
    ["an unknown member", { pem: good, files: "" }],
    ["an empty file name", { file: "" }],
    ["an empty host", { host: "" }],
    ["a port beyond 65535", { host: "a", port: 70_000 }],
    ["verify that is not a boolean", { host: "a", verify: 0 }],
    ["a negative limit", { pem: good }, { degradedAt: -1 }],
    ["a higher limit for unhealthy", { pem: good }, { degradedAt: "1d", unhealthyAt: "2d" }],
    ["an unknown option", { pem: good }, { warnWithin: 1 }],
  ])("refuses %s", (_, source, options) => {
    expect(() => certificateCheck(source as never, options as never)).toThrow(TypeError);
  });
});
