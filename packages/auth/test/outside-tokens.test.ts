import { createHmac } from "node:crypto";
import { captureTelemetry } from "@seaworthy/core/testing";
import fc from "fast-check";
import { base64url, exportSPKI, importJWK } from "jose";
import { describe, expect, test } from "vitest";
import { createTokenVerifier } from "../src/oidc.ts";
import { StaticIssuer } from "./static-issuer.ts";

const CODE = (code: string) => expect.objectContaining({ code });
const INVALID = CODE("AUTH_TOKEN_INVALID");

async function issuerWithKey(alg = "ES256"): Promise<StaticIssuer> {
  const issuer = new StaticIssuer();
  await issuer.addKey("one", alg);
  return issuer;
}

const encode = (value: unknown): string => base64url.encode(JSON.stringify(value));

describe("tokens that are accepted", () => {
  test.each(["ES256", "EdDSA", "RS256", "PS256"])("a token that was signed with %s is verified", async (alg) => {
    const issuer = await issuerWithKey(alg);
    const verifier = createTokenVerifier(issuer.options);
    const token = await issuer.token("one", { scope: "orders:read  orders:write", client_id: "shop", jti: "t-1" });
    expect(await verifier.verify(token)).toEqual({
      subject: "u-1",
      issuer: "https://login.example",
      audience: ["https://api.example"],
      clientId: "shop",
      scopes: ["orders:read", "orders:write"],
      expiresAt: issuer.clock.now() + 600_000,
      jti: "t-1",
      claims: expect.objectContaining({ sub: "u-1", client_id: "shop" }),
    });
  });

  test("a token for several audiences is accepted if this service is one of them", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier({
      ...issuer.options,
      audience: ["https://old.example", "https://api.example"],
    });
    const token = await issuer.token("one", { aud: ["https://other.example", "https://api.example"] });
    expect((await verifier.verify(token)).audience).toHaveLength(2);
  });

  test("a type that the host allows is accepted, with and without its media type prefix", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier({ ...issuer.options, types: ["JWT"] });
    for (const typ of ["JWT", "jwt", "application/jwt"])
      expect((await verifier.verify(await issuer.token("one", {}, { typ }))).subject).toBe("u-1");
  });

  test("clocks may differ by the tolerance and no more", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier({ ...issuer.options, clockTolerance: "30s" });
    const token = await issuer.token("one");
    await issuer.clock.advance("629s");
    expect((await verifier.verify(token)).subject).toBe("u-1");
    await issuer.clock.advance("1s");
    await expect(verifier.verify(token)).rejects.toEqual(CODE("AUTH_TOKEN_EXPIRED"));
  });

  test("bearer() makes a principal, and leaves requests without a bearer token alone", async () => {
    const issuer = await issuerWithKey();
    const authenticate = createTokenVerifier(issuer.options).bearer();
    const request = (authorization?: string) => ({ header: () => authorization });
    const token = await issuer.token("one", { scope: "read", client_id: "shop" });
    const principal = { id: "u-1", issuer: "https://login.example", clientId: "shop", scopes: ["read"] };
    expect(await authenticate(request(`Bearer ${token}`))).toEqual(principal);
    expect(await authenticate(request(`bearer  ${token}`))).toEqual(principal);
    expect(await authenticate(request())).toBeUndefined();
    expect(await authenticate(request("Basic dTpw"))).toBeUndefined();
    const headers = { "www-authenticate": 'Bearer error="invalid_token", error_description="The token is not valid"' };
    await expect(authenticate(request("Bearer x"))).rejects.toMatchObject({ code: "AUTH_TOKEN_INVALID", headers });
  });

  test("the host makes principals of its own", async () => {
    const issuer = await issuerWithKey();
    const principal = ({ subject }: { subject: string }) => ({ id: `login:${subject}`, roles: ["reader"] });
    const authenticate = createTokenVerifier({ ...issuer.options, principal }).bearer();
    const token = await issuer.token("one");
    expect(await authenticate({ header: () => `Bearer ${token}` })).toEqual({ id: "login:u-1", roles: ["reader"] });
  });
});

describe("tokens that are refused", () => {
  const claims: Record<string, Record<string, unknown>> = {
    "another audience": { aud: "https://other.example" },
    "no audience": { aud: undefined },
    "another issuer": { iss: "https://login.example/" },
    "no issuer": { iss: undefined },
    "no subject": { sub: undefined },
    "an empty subject": { sub: "" },
    "a subject that is a number": { sub: 7 },
    "no expiry": { exp: undefined },
    "an expiry that is a string": { exp: "2099-01-01" },
    "no time of issue": { iat: undefined },
    "a time before which it is not valid": { nbf: 4_102_444_800 },
  };
  test.each(Object.keys(claims))("a token with %s", async (name) => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier(issuer.options);
    await expect(verifier.verify(await issuer.token("one", claims[name]))).rejects.toEqual(INVALID);
  });

  const headers: Record<string, Record<string, unknown>> = {
    "the type of an ID token": { typ: "JWT" },
    "no type": { typ: undefined },
    "a type that is not a string": { typ: ["at+jwt"] },
    "a key of its own": { jwk: { kty: "oct", k: "AAAA" } },
    "a place of its own keys": { jku: "https://evil.example/jwks" },
    "a certificate's place": { x5u: "https://evil.example/cert" },
    "a critical header that is not understood": { crit: ["urn:x"], "urn:x": 1 },
  };
  test.each(Object.keys(headers))("a token with %s", async (name) => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier(issuer.options);
    await expect(verifier.verify(await issuer.token("one", {}, headers[name]))).rejects.toEqual(INVALID);
  });

  test("a token without a signature, in every spelling of the algorithm", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier(issuer.options);
    const [, payload] = (await issuer.token("one")).split(".");
    for (const alg of ["none", "None", "NONE", "nOnE"])
      for (const signature of ["", "AA"])
        await expect(
          verifier.verify(`${encode({ alg, typ: "at+jwt", kid: "one" })}.${payload}.${signature}`),
        ).rejects.toEqual(INVALID);
  });

  test("a token whose shared secret is the public key", async () => {
    const issuer = await issuerWithKey("RS256");
    const verifier = createTokenVerifier(issuer.options);
    const [, payload] = (await issuer.token("one")).split(".");
    const head = `${encode({ alg: "HS256", typ: "at+jwt", kid: "one" })}.${payload}`;
    const key = await importJWK(issuer.publicKey("one"), "RS256", { extractable: true });
    if (key instanceof Uint8Array) throw new Error("not a public key");
    for (const secret of [await exportSPKI(key), JSON.stringify(issuer.publicKey("one"))])
      await expect(
        verifier.verify(`${head}.${createHmac("sha256", secret).update(head).digest("base64url")}`),
      ).rejects.toEqual(INVALID);
  });

  test("a token of a weak RSA key", async () => {
    const issuer = new StaticIssuer();
    const { privateKey, publicKey } = await crypto.subtle.generateKey(
      { name: "RSASSA-PKCS1-v1_5", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
      true,
      ["sign", "verify"],
    );
    const jwk = { ...(await crypto.subtle.exportKey("jwk", publicKey)), kid: "weak", alg: "RS256" };
    const now = Math.floor(issuer.clock.now() / 1000);
    const payload = { iss: issuer.issuer, aud: "https://api.example", sub: "u-1", iat: now, exp: now + 60 };
    const head = `${encode({ alg: "RS256", typ: "at+jwt", kid: "weak" })}.${encode(payload)}`;
    const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", privateKey, Buffer.from(head));
    issuer.fault = async (url) =>
      Response.json(
        url.endsWith("/jwks") ? { keys: [jwk] } : { issuer: issuer.issuer, jwks_uri: `${issuer.issuer}/jwks` },
      );
    const token = `${head}.${Buffer.from(signature).toString("base64url")}`;
    await expect(createTokenVerifier(issuer.options).verify(token)).rejects.toEqual(INVALID);
  });

  test("every spelling of a valid token but the canonical one", async () => {
    const issuer = await issuerWithKey("RS256");
    const verifier = createTokenVerifier(issuer.options);
    const token = await issuer.token("one");
    expect((await verifier.verify(token)).subject).toBe("u-1");
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = alphabet.indexOf(token.at(-1) as string);
    // A signature of 256 bytes leaves 4 bits of its last character unused.
    const flipped = token.slice(0, -1) + alphabet[last ^ 1];
    const others = [
      flipped,
      `${token}=`,
      `${token}\n`,
      ` ${token}`,
      token.replaceAll(".", "．"),
      `${token}.`,
      `.${token}`,
    ];
    for (const other of others) await expect(verifier.verify(other), other).rejects.toEqual(INVALID);
  });

  test("no change of one character of a token is accepted", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier(issuer.options);
    const token = await issuer.token("one");
    const change = fc.tuple(fc.nat(token.length - 1), fc.constantFrom(..."ABab09-_.="));
    await fc.assert(
      fc.asyncProperty(change, async ([at, character]) => {
        fc.pre(token[at] !== character);
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        await expect(verifier.verify(changed)).rejects.toMatchObject({ code: /^AUTH_TOKEN_INVALID$/ });
      }),
      { numRuns: 300 },
    );
  });

  test("anything that is not a token, without a request to the issuer", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier(issuer.options);
    const hostile = [
      ...["", ".", "..", "a.b", "a.b.c.d", "\ud800.\ud800.\ud800", "e30.e30.e30", "bnVsbA.bnVsbA.AA", "W10.W10.AA"],
      ...[undefined, null, 7, {}, Symbol.iterator, ["a.b.c"]],
      `${encode({ alg: "ES256", typ: "at+jwt" })}.${encode({ iss: issuer.issuer, x: "x".repeat(20_000) })}.AA`,
      await issuer.token("one", { iss: "https://evil.example" }),
    ];
    for (const token of hostile) await expect(verifier.verify(token as string)).rejects.toEqual(INVALID);
    expect(issuer.requests).toEqual([]);
  });

  test("why a token was refused is in the event and not in the error", async () => {
    const issuer = await issuerWithKey();
    const verifier = createTokenVerifier(issuer.options);
    using telemetry = captureTelemetry();
    const error = await verifier.verify(await issuer.token("one", {}, { typ: "JWT" })).catch((thrown) => thrown);
    expect(error.message).toBe("The token is not valid");
    expect(telemetry.of("auth.outside_token")[0]).toMatchObject({
      labels: { outcome: "invalid" },
      details: { issuer: "https://login.example", reason: "the type is not one of an access token" },
    });
  });
});

describe("options that cannot work", () => {
  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ["an issuer without TLS", { issuer: "http://login.example" }, /issuer must be a URL with https:/],
    ["an issuer with a query", { issuer: "https://login.example/?a=1" }, /issuer must be/],
    ["an issuer with a password", { issuer: "https://u:p@login.example" }, /issuer must be/],
    ["no audience", { audience: [] }, /audience must be/],
    ["a shared secret", { algorithms: ["HS256"] }, /algorithms must be some of EdDSA, .*; got an array/],
    ["no signature", { algorithms: ["none"] }, /algorithms must be/],
    ["no algorithm", { algorithms: [] }, /algorithms must be/],
    ["a large tolerance", { clockTolerance: "1h" }, /clockTolerance must be a number from 0 to 300000/],
    ["a cache that is shorter than the cooldown", { cacheFor: "1s" }, /cacheFor must be at least as long as cooldown/],
    ["a mistyped option", { audiences: "x" }, /has no option "audiences"/],
    ["null", { fetch: null }, /fetch must be a function; got null/],
    ["keys without TLS", { jwksUri: "http://login.example/jwks" }, /jwksUri must be/],
  ];
  test.each(wrong)("%s", (_, change, message) => {
    const options = { issuer: "https://login.example", audience: "https://api.example", ...change };
    expect(() => createTokenVerifier(options)).toThrow(message);
    expect(() => createTokenVerifier(options)).toThrow(TypeError);
  });
});
