import { secret } from "@seaworthy/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { amqpUrl, buildAmqpUrl, buildPostgresUrl, buildRedisUrl, postgresUrl, redisUrl } from "./index.ts";

const reserved = ":/?#[]@!$&'()*+,;=%\"<>\\^`{|} \t\n~-._äß😀\u0000";

describe("connection URL builders", () => {
  it("escape every reserved character, so that each part is read back as it was", () => {
    const built = buildPostgresUrl({
      host: "db",
      port: 5432,
      user: reserved,
      password: reserved,
      database: reserved,
      parameters: { [reserved]: reserved },
    });
    const parsed = new URL(built);
    expect(decodeURIComponent(parsed.username)).toBe(reserved);
    expect(decodeURIComponent(parsed.password)).toBe(reserved);
    expect(decodeURIComponent(parsed.pathname.slice(1))).toBe(reserved);
    expect(parsed.searchParams.get(reserved)).toBe(reserved);
    expect([parsed.hostname, parsed.port]).toEqual(["db", "5432"]);
    expect(built).toMatch(/^[A-Za-z0-9\-._~:/?=@%]+$/);
  });

  it("give back any parts that they were given, in a URL that the field types take", () => {
    const part = fc.string({ unit: "binary", minLength: 1 }).filter((text) => text !== "." && text !== "..");
    fc.assert(
      fc.property(part, part, part, (user, password, name) => {
        for (const [text, schema] of [
          [buildPostgresUrl({ user, password, database: name }), postgresUrl()],
          [buildAmqpUrl({ user, password, vhost: name }), amqpUrl()],
          [buildRedisUrl({ user, password, database: 1 }), redisUrl()],
        ] as const) {
          expect(schema.parse(text)).toBe(text);
          const parsed = new URL(text);
          expect([decodeURIComponent(parsed.username), decodeURIComponent(parsed.password)]).toEqual([user, password]);
          if (!text.startsWith("redis")) expect(decodeURIComponent(parsed.pathname.slice(1))).toBe(name);
        }
      }),
    );
  });

  it("refuse a name that every reader takes for a step in a path", () => {
    for (const name of [".", ".."]) {
      expect(() => buildPostgresUrl({ database: name })).toThrow(/database of a connection URL must not be "\.\.?"/);
      expect(() => buildAmqpUrl({ vhost: name })).toThrow(/vhost/);
      expect(new URL(buildPostgresUrl({ user: name, password: name })).password).toBe(name);
    }
    expect(buildPostgresUrl({ database: "a/../b" })).toBe("postgres://localhost/a%2F..%2Fb");
  });

  it("put IPv6 addresses in brackets, and refuse values that are not hosts", () => {
    expect(buildPostgresUrl({ host: "::1", database: "a" })).toBe("postgres://[::1]/a");
    expect(buildRedisUrl({ host: "[2001:db8::1]", port: 6380 })).toBe("redis://[2001:db8::1]:6380");
    expect(buildPostgresUrl({ host: "/var/run/postgresql", database: "a" })).toBe(
      "postgres://%2Fvar%2Frun%2Fpostgresql/a",
    );
    for (const host of ["a/b", "a@b", "a:1", "fe80::1%eth0", "", "a b", "a?b", "a#b", "[x]", "a%2Fb", 5, "a\nb"])
      expect(() => buildRedisUrl({ host: host as string }), String(host)).toThrow(/buildRedisUrl: host/);
  });

  it("know the ways of each protocol", () => {
    expect(buildRedisUrl({ password: "p", tls: true, database: 0 })).toBe("rediss://:p@localhost/0");
    expect(buildAmqpUrl({ user: "u", password: "p", vhost: "/", tls: true })).toBe("amqps://u:p@localhost/%2F");
    expect(buildPostgresUrl({ user: "u", password: secret("p@ss"), parameters: { sslmode: "require", n: 1 } })).toBe(
      "postgres://u:p%40ss@localhost?sslmode=require&n=1",
    );
  });

  it("refuse what is unknown or malformed, without showing a password", () => {
    expect(() => buildPostgresUrl({ pasword: "x" } as never)).toThrow("pasword");
    expect(() => buildPostgresUrl({ port: 0 })).toThrow(/port/);
    expect(() => buildPostgresUrl({ password: "hunter2" })).toThrow("requires a user");
    expect(() => buildRedisUrl({ database: -1 })).toThrow(/database/);
    expect(() => buildRedisUrl({ tls: 1 as never })).toThrow(/tls/);
    expect(() => buildPostgresUrl({ parameters: { a: {} as never } })).toThrow(/parameters.a/);
    for (const password of ["hunter2\ud800", 12_345_678]) {
      const build = (): string => buildPostgresUrl({ user: "u", password: password as string });
      expect(build).toThrow(/password of a connection URL must be a well-formed string/);
      expect(build).not.toThrow(/hunter2|12345678/);
    }
  });
});
