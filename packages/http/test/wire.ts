import { connect, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type CapturedTelemetry, captureTelemetry } from "@seaworthy/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ask, type Running, raw, type Subject, start, until } from "./subject.ts";

const answers = (text: string): number => text.split(/HTTP\/1\.1 [2-5]\d\d /).length - 1;
const statuses = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => match[1] as string);
const HEAD = "Host: a\r\nContent-Type: application/json\r\n";
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

/** Framings that two parsers may read differently. None of them may let the request inside through. */
const SHAPES: Readonly<Record<string, string>> = {
  "a length and chunks": `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  "chunks and a length": `POST /echo HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\nContent-Length: ${SMUGGLED.length + 5}\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  "two lengths": `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
  "a list of lengths": `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: 0, ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
  "a negative length": `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: -1\r\n\r\n${SMUGGLED}`,
  "a length with a sign": `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: +0\r\n\r\n${SMUGGLED}`,
  "a hexadecimal length": `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: 0x0\r\n\r\n${SMUGGLED}`,
  "a coding behind chunked": `POST /echo HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  "an invented coding": `POST /echo HTTP/1.1\r\n${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  "a space before the colon": `POST /echo HTTP/1.1\r\n${HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  "a folded header": `POST /echo HTTP/1.1\r\n${HEAD}Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n\r\n${SMUGGLED}`,
  "a bare line feed in a header": `POST /echo HTTP/1.1\r\n${HEAD}X: y\nContent-Length: 0\r\n\r\n${SMUGGLED}`,
  "a carriage return alone": `POST /echo HTTP/1.1\r\n${HEAD}X: y\rContent-Length: 0\r\n\r\n${SMUGGLED}`,
  "a chunk size with trailing rubbish": `POST /echo HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n0;\rx\r\n\r\n${SMUGGLED}`,
  "a chunk size beyond 64 bits": `POST /echo HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n${SMUGGLED}`,
  "a NUL in a header": `POST /echo HTTP/1.1\r\n${HEAD}X: \0\r\nContent-Length: 0\r\n\r\n${SMUGGLED}`,
};

/** What comes over the wire of people who do not use a client library. */
export function wire(subject: Subject): void {
  describe(`hostile bytes to ${subject.name}`, () => {
    let telemetry: CapturedTelemetry;
    beforeEach(() => {
      telemetry = captureTelemetry();
    });
    afterEach(() => telemetry.close());
    const alive = async (running: Running): Promise<void> => expect((await ask(running, "/")).status).toBe(200);

    test.each(Object.keys(SHAPES))(
      "a request framed by %s is refused whole, and what it hides is not served",
      async (name) => {
        await using running = await start(subject);
        const text = await raw(
          running.port,
          SHAPES[name] as string,
          (seen) => answers(seen) > 1 || /smuggled/.test(seen),
        );
        expect(
          statuses(text).every((status) => status === "400"),
          text,
        ).toBe(true);
        expect(text).not.toContain("smuggled");
        expect(
          telemetry.of("http.request").filter(({ details }) => String(details?.path).includes("smuggled")),
        ).toEqual([]);
        await alive(running);
      },
    );

    test("pipelined requests are answered in order, each with its own id and event", async () => {
      await using running = await start(subject);
      const asked = Array.from(
        { length: 10 },
        (_, i) => `GET /orders/${i} HTTP/1.1\r\nHost: a\r\nX-Request-Id: p-${i}\r\n\r\n`,
      );
      const text = await raw(running.port, asked.join(""), (seen) => seen.includes('{"id":"9"}'));
      expect([...text.matchAll(/\{"id":"(\d)"\}/g)].map((match) => match[1])).toEqual([..."0123456789"]);
      expect([...text.matchAll(/x-request-id: (p-\d)/gi)].map((match) => match[1])).toEqual(
        [..."0123456789"].map((i) => `p-${i}`),
      );
      await until(() => telemetry.of("http.request").length === 10);
    });

    test("a client that leaves behind a pipeline of requests is not a failure of the service, for any of them", async () => {
      await using running = await start(subject);
      await leave(running.port, "GET /hang HTTP/1.1\r\nHost: a\r\n\r\n".repeat(5));
      await until(() => telemetry.of("http.request").length === 5);
      expect(telemetry.of("http.request").map(({ labels }) => labels.status)).toEqual([499, 499, 499, 499, 499]);
      expect(telemetry.of("http.request").filter(({ details }) => details?.error !== undefined)).toEqual([]);
    });

    test("a body that was refused is not taken for the next request", async () => {
      await using running = await start(subject);
      const body = `"${SMUGGLED}${"x".repeat(120_000)}"`;
      const refused = `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
      const next = "GET /orders/next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      const text = await raw(running.port, [refused, next], (seen) => seen.includes('"next"'));
      expect(statuses(text)[0]).toBe("413");
      expect(text).not.toContain("smuggled");
      await alive(running);
      expect(telemetry.of("http.request").filter(({ details }) => String(details?.path).includes("smuggled"))).toEqual(
        [],
      );
    });

    test("a client that waits for 100 Continue is invited to send unless its headers are refused, and answered", async () => {
      await using running = await start(subject);
      const body = '{"name":"x"}';
      const head = `POST /echo HTTP/1.1\r\n${HEAD}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`;
      const text = await raw(running.port, [head, body], (seen) => seen.includes(body));
      expect(statuses(text)).toEqual(["100", "200"]);
      const odd = await raw(running.port, `GET / HTTP/1.1\r\n${HEAD}Expect: tea\r\n\r\n`, (seen) =>
        seen.includes("417"),
      );
      expect(statuses(odd)).toEqual(["417"]);
      const large = `POST /echo HTTP/1.1\r\n${HEAD}Expect: 100-continue\r\nContent-Length: 900000\r\n\r\n`;
      const refused = await raw(running.port, large); // until the server closes: the body will not come
      expect(statuses(refused)).toEqual(["413"]);
      expect(refused).toMatch(/connection: close/i);
      await alive(running);
    });

    test("floods of headers, and lines without an end, are refused", async () => {
      await using running = await start(subject);
      const many = `GET / HTTP/1.1\r\nHost: a\r\n${Array.from({ length: 5000 }, (_, i) => `X-${i}: y\r\n`).join("")}\r\n`;
      const long = `GET / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(200_000)}\r\n\r\n`;
      const target = `GET /${"x".repeat(200_000)} HTTP/1.1\r\nHost: a\r\n\r\n`;
      for (const flood of [many, long, target]) expect(statuses(await raw(running.port, flood))).toEqual(["431"]);
      const cookies = `GET / HTTP/1.1\r\nHost: a\r\n${"Cookie: a=b\r\n".repeat(900)}Connection: close\r\n\r\n`;
      expect(statuses(await raw(running.port, cookies))).toEqual(["200"]);
      await alive(running);
    });

    test("headers and bodies that trickle in do not hold up other requests, and leaving costs nothing", async () => {
      await using running = await start(subject);
      const slow: Socket[] = [];
      for (let i = 0; i < 100; i++) {
        const socket = connect({ port: running.port, host: "127.0.0.1" });
        socket.on("error", () => undefined);
        socket.write(
          i % 2 === 0
            ? "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "
            : `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: 1000\r\n\r\n{`,
        );
        slow.push(socket);
      }
      await until(() => slow.every(({ pending }) => !pending));
      await Promise.all(Array.from({ length: 20 }, () => alive(running)));
      for (const socket of slow) socket.destroy();
      await until(
        () => telemetry.of("http.request").filter(({ labels }) => labels.status === 499).length === 50,
        "50 leavers",
      );
      expect(telemetry.of("http.request")).toHaveLength(70);
    });

    test("bytes that are not a request end their connection and nothing else", async () => {
      await using running = await start(subject);
      const junk = [
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      ];
      for (const bytes of junk)
        expect(statuses(await raw(running.port, bytes)), JSON.stringify(bytes)).toEqual(["400"]);
      for (const target of [
        "*",
        "http://evil.example/orders/7",
        "//evil.example/orders/7",
        "/orders/%00",
        "/./../orders/7",
        "/orders/7?%",
      ]) {
        const text = await raw(running.port, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
        expect(statuses(text), target).toHaveLength(1);
        expect(Number(statuses(text)[0]), target).toBeLessThan(500);
      }
      await alive(running);
    });

    test("an upgrade goes to the listener of the server, untouched by the edge", async () => {
      await using running = await start(subject);
      running.server.on("upgrade", (_request, socket) => {
        socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nframes");
      });
      const asked =
        "GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n";
      expect(await raw(running.port, asked)).toMatch(/^HTTP\/1\.1 101 [\s\S]*frames$/);
      await alive(running);
    });

    test("memory stays flat under thousands of hostile requests", async () => {
      await using running = await start(subject);
      setFlagsFromString("--expose-gc");
      const collect = runInNewContext("gc") as () => void;
      const deep = "[".repeat(10_000);
      const shapes = [
        `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: ${deep.length}\r\n\r\n${deep}`,
        `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: 1000\r\n\r\n{`,
        "GET /throw/error HTTP/1.1\r\nHost: a\r\n\r\n",
        `GET /nowhere/${"x".repeat(8000)} HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${"y".repeat(4000)}\r\n\r\n`,
      ];
      const round = async (): Promise<void> => {
        for (let i = 0; i < 10; i++) {
          await Promise.all(shapes.slice(2).map((shape) => raw(running.port, shape, () => true)));
          await Promise.all(shapes.slice(0, 2).map((shape) => leave(running.port, shape)));
        }
        telemetry.clear();
      };
      const used = async (): Promise<number> => {
        let open = -1;
        await until(() => {
          running.server.getConnections((_error, count) => {
            open = count;
          });
          return open === 0;
        }, "the end of all connections");
        collect();
        return process.memoryUsage().heapUsed / 1_048_576;
      };
      for (let i = 0; i < 5; i++) await round();
      const before = await used();
      for (let i = 0; i < 30; i++) await round();
      const growth = (await used()) - before;
      expect(growth).toBeLessThan(5);
      await alive(running);
    });
  });
}

/** Writes, and leaves without waiting for an answer. */
function leave(port: number, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => {
      socket.write(bytes, () => socket.destroy());
    });
    socket.on("error", () => undefined).on("close", () => resolve());
  });
}
