import { captureTelemetry } from "@seaworthy/core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTokenVerifier } from "../src/oidc.ts";
import { startProvider, type TestProvider } from "./provider.ts";
import { StaticIssuer } from "./static-issuer.ts";

const CODE = (code: string) => expect.objectContaining({ code });
const UNAVAILABLE = CODE("AUTH_ISSUER_UNAVAILABLE");
const down = async (): Promise<Response> => {
  throw new TypeError("fetch failed");
};

async function issuerWithKey(): Promise<StaticIssuer> {
  const issuer = new StaticIssuer();
  await issuer.addKey("one");
  return issuer;
}

describe("oidc-provider as the issuer", () => {
  let provider: TestProvider;
  beforeAll(async () => {
    provider = await startProvider();
  });
  afterAll(() => provider[Symbol.asyncDispose]());

  test("its access tokens are verified, and not for another audience", async () => {
    const token = await provider.accessToken();
    const verifier = createTokenVerifier({ issuer: provider.issuer, audience: "https://api.example" });
    expect(await verifier.verify(token)).toMatchObject({ subject: "shop", clientId: "shop", scopes: ["read"] });
    const other = await provider.accessToken("https://other.example");
    await expect(verifier.verify(other)).rejects.toEqual(CODE("AUTH_TOKEN_INVALID"));
  });

  test("50 first tokens at the same time load each document once", async () => {
    const token = await provider.accessToken();
    const verifier = createTokenVerifier({ issuer: provider.issuer, audience: "https://api.example" });
    const before = provider.requests.length;
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(token)));
    expect(provider.requests.slice(before)).toEqual(["/.well-known/openid-configuration", "/jwks"]);
  });

  test("a key that is rotated in the middle is found at once, and an outage does not end logins", async () => {
    const verifier = createTokenVerifier({ issuer: provider.issuer, audience: "https://api.example", cooldown: 1 });
    await verifier.verify(await provider.accessToken());
    await provider.rotate("two");
    const token = await provider.accessToken();
    expect((await verifier.verify(token)).subject).toBe("shop");
    provider.fault = (_, response) => response.destroy();
    expect((await verifier.verify(token)).subject).toBe("shop");
    const fresh = createTokenVerifier({ issuer: provider.issuer, audience: "https://api.example", cooldown: 1 });
    await expect(fresh.verify(token)).rejects.toEqual(UNAVAILABLE);
    provider.fault = undefined;
    await expect
      .poll(() =>
        fresh.verify(token).then(
          ({ subject }) => subject,
          () => undefined,
        ),
      )
      .toBe("shop");
  });
});

describe("keys", () => {
  test("a key that the issuer has removed is refused once the cache is over", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier(issuer.options);
    const token = await issuer.token("one", { exp: 4_102_444_800 });
    await verifier.verify(token);
    await issuer.addKey("two");
    issuer.removeKey("one");
    await issuer.clock.advance("9m");
    expect((await verifier.verify(token)).subject).toBe("u-1");
    await issuer.clock.advance("1m");
    await expect(verifier.verify(token)).rejects.toEqual(CODE("AUTH_TOKEN_INVALID"));
  });

  test("a flood of unknown keys causes one load per cooldown", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier(issuer.options);
    await verifier.verify(await issuer.token("one"));
    const flood = await Promise.all(Array.from({ length: 100 }, (_, n) => issuer.token("one", {}, { kid: `k${n}` })));
    const refused = async (): Promise<void> => {
      const outcomes = await Promise.allSettled(flood.map((token) => verifier.verify(token)));
      expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    };
    await refused();
    expect(issuer.requests).toHaveLength(2);
    await issuer.clock.advance("10s");
    await refused();
    await refused();
    expect(issuer.requests).toHaveLength(3);
    expect((await verifier.verify(await issuer.token("one"))).subject).toBe("u-1");
  });

  test("a token without a key id is verified if only one key can be meant", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier(issuer.options);
    const token = await issuer.token("one", {}, { kid: undefined });
    expect((await verifier.verify(token)).subject).toBe("u-1");
    await issuer.addKey("two");
    await expect(createTokenVerifier(issuer.options).verify(token)).rejects.toEqual(CODE("AUTH_TOKEN_INVALID"));
  });

  test("one issuer cannot speak for another, also with a key of the same id", async () => {
    const [ours, theirs] = [new StaticIssuer("https://ours.example"), new StaticIssuer("https://theirs.example")];
    await ours.addKey("one");
    await theirs.addKey("one");
    const verifier = createTokenVerifier(ours.options);
    const forged = [await theirs.token("one"), await theirs.token("one", { iss: ours.issuer })];
    for (const token of forged) await expect(verifier.verify(token)).rejects.toEqual(CODE("AUTH_TOKEN_INVALID"));
    expect(theirs.requests).toEqual([]);
  });

  test("with jwksUri, there is no discovery", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier({ ...issuer.options, jwksUri: "https://login.example/jwks" });
    expect((await verifier.verify(await issuer.token("one"))).subject).toBe("u-1");
    expect(issuer.requests).toEqual(["https://login.example/jwks"]);
  });
});

describe("an outage of the issuer", () => {
  test("keys that are known are used for a day, and then no more", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier(issuer.options);
    const token = await issuer.token("one", { exp: 4_102_444_800 });
    await verifier.verify(token);
    issuer.fault = down;
    await issuer.clock.advance("23h59m");
    expect((await verifier.verify(token)).subject).toBe("u-1");
    await issuer.clock.advance("1m");
    await expect(verifier.verify(token)).rejects.toEqual(UNAVAILABLE);
    issuer.fault = undefined;
    await issuer.clock.advance("10s");
    expect((await verifier.verify(token)).subject).toBe("u-1");
  });

  test("without keys, there is one attempt per cooldown, and the error says that a retry makes sense", async () => {
    const issuer = await issuerWithKey();
    issuer.fault = down;
    const verifier = createTokenVerifier(issuer.options);
    const token = await issuer.token("one");
    const attempts = await Promise.allSettled(Array.from({ length: 50 }, () => verifier.verify(token)));
    expect(attempts).toEqual(attempts.map(() => ({ status: "rejected", reason: UNAVAILABLE })));
    await expect(verifier.verify(token)).rejects.toMatchObject({ status: 503, retryable: true });
    expect(issuer.requests).toHaveLength(1);
    issuer.fault = undefined;
    await issuer.clock.advance("10s");
    expect((await verifier.verify(token)).subject).toBe("u-1");
  });

  test("a token with an unknown key gets 503 and not 401, because it may be right", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier(issuer.options);
    await verifier.verify(await issuer.token("one"));
    await issuer.addKey("two");
    issuer.fault = down;
    await issuer.clock.advance("10s");
    await expect(verifier.verify(await issuer.token("two"))).rejects.toEqual(UNAVAILABLE);
    expect((await verifier.verify(await issuer.token("one"))).subject).toBe("u-1");
  });

  test("an issuer that hangs is given up, and during the outage no caller waits for it again", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier(issuer.options);
    const token = await issuer.token("one", { exp: 4_102_444_800 });
    await verifier.verify(token);
    const aborted: string[] = [];
    issuer.fault = (url, init) =>
      new Promise(() => init?.signal?.addEventListener("abort", () => void aborted.push(url.slice(-5))));
    await issuer.clock.advance("10m");
    const waiting = verifier.verify(token);
    await issuer.clock.advance("5s");
    expect((await waiting).subject).toBe("u-1");
    expect(aborted.sort()).toEqual(["/jwks", "ation"]);
    await issuer.clock.advance("10s");
    expect((await verifier.verify(token)).subject).toBe("u-1"); // nothing advances the clock here
    await issuer.clock.advance("5s");
    expect(aborted).toHaveLength(4);
  });
});

describe("documents that cannot be used", () => {
  const json = (body: unknown) => async () => Response.json(body);
  const keys = (body: unknown) => async (url: string) =>
    Response.json(
      url.endsWith("/jwks") ? body : { issuer: "https://login.example", jwks_uri: "https://login.example/jwks" },
    );
  const faults: [string, string, (url: string) => Promise<Response>][] = [
    ["names another issuer", "AUTH_ISSUER_INVALID", json({ issuer: "https://evil.example", jwks_uri: "https://a.b/" })],
    ["names the issuer with a slash", "AUTH_ISSUER_INVALID", json({ issuer: "https://login.example/" })],
    [
      "has its keys behind HTTP",
      "AUTH_ISSUER_INVALID",
      json({ issuer: "https://login.example", jwks_uri: "http://a.b/" }),
    ],
    ["names no keys", "AUTH_ISSUER_INVALID", json({ issuer: "https://login.example" })],
    ["is an array", "AUTH_ISSUER_INVALID", json([])],
    ["is a page", "AUTH_ISSUER_INVALID", async () => new Response("<!doctype html>")],
    ["is a redirect", "AUTH_ISSUER_UNAVAILABLE", async () => Response.redirect("https://evil.example/", 302)],
    ["is larger than 1 MiB", "AUTH_ISSUER_UNAVAILABLE", async () => new Response("x".repeat(1_048_577))],
    ["is an error", "AUTH_ISSUER_UNAVAILABLE", async () => new Response("", { status: 500 })],
    ["has keys without an array", "AUTH_ISSUER_INVALID", keys({ keys: {} })],
    ["has an empty set of keys", "AUTH_ISSUER_INVALID", keys({ keys: [] })],
    ["has 101 keys", "AUTH_ISSUER_INVALID", keys({ keys: Array.from({ length: 101 }, () => ({ kty: "EC" })) })],
  ];
  test.each(faults)("a document that %s is refused with %s", async (_, code, fault) => {
    const issuer = await issuerWithKey();
    issuer.fault = fault;
    using telemetry = captureTelemetry();
    const verifier = createTokenVerifier(issuer.options);
    await expect(verifier.verify(await issuer.token("one"))).rejects.toEqual(CODE(code));
    expect(telemetry.of("auth.issuer").map(({ labels }) => labels.outcome)).toContain("failed");
    expect(issuer.requests.filter((url) => !url.startsWith("https://login.example/"))).toEqual([]);
  });

  test("a document that has become unusable does not replace the one that is known", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier(issuer.options);
    const token = await issuer.token("one", { exp: 4_102_444_800 });
    await verifier.verify(token);
    issuer.fault = json({ keys: [] });
    await issuer.clock.advance("10m");
    expect((await verifier.verify(token)).subject).toBe("u-1");
  });
});
