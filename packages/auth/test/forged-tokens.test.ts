import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { CompactSign, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { ringKeyOf } from "../src/internal/token-keys.ts";
import { createKeyRing } from "../src/tokens/create-key-ring.ts";
import { createTokens } from "../src/tokens/create-tokens.ts";

const clock = manualClock();
const seconds = Math.floor(clock.now() / 1000);
const pair = generateKeyPairSync("ed25519");
const curve = generateKeyPairSync("ec", { namedCurve: "P-256" });
const stranger = generateKeyPairSync("ed25519");
const keys = createKeyRing({
  keys: [
    { key: curve.privateKey, kid: "curve", from: 0 },
    { key: pair.privateKey, kid: "main", from: clock.now() - 60_000 },
  ],
  clock,
});
const tokens = createTokens({ issuer: "https://shop.example", audience: ["shop", "admin"], keys, clock });

const HEADER = { alg: "EdDSA", typ: "at+jwt", kid: "main" };
const CLAIMS = { iss: "https://shop.example", aud: "shop", iat: seconds, exp: seconds + 60, jti: "t-1", sub: "u-7" };
const encoded = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** A token with any header and payload, signed by the right key unless another one is given. */
function forged(header: unknown, payload: unknown = CLAIMS, key: KeyObject = pair.privateKey): string {
  const input = `${encoded(header)}.${encoded(payload)}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString("base64url")}`;
}

function hmac(header: unknown, key: string | Buffer): string {
  const input = `${encoded(header)}.${encoded(CLAIMS)}`;
  return `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;
}

async function reasonOf(token: unknown): Promise<unknown> {
  return tokens.verify(token as string).then(
    () => "accepted",
    (error: { code: string; context: { reason?: string } }) => error.context.reason ?? error.code,
  );
}

const sound = forged(HEADER);
const [head = "", body = "", signature = ""] = sound.split(".");
const publicPem = createPublicKey(pair.privateKey).export({ type: "spki", format: "pem" }).toString();
const publicJwk = createPublicKey(pair.privateKey).export({ format: "jwk" });

describe("a token", () => {
  it("is accepted if it is sound, so that the others are refused for their one fault", async () => {
    expect(await reasonOf(sound)).toBe("accepted");
    expect(await reasonOf(forged(HEADER, { ...CLAIMS, aud: ["other", "admin"] }))).toBe("accepted");
  });

  it.each([
    ["has no signature and the algorithm none", new UnsecuredJWT(CLAIMS).encode(), "malformed"],
    ["says none, with the type and key of a sound one", `${encoded({ ...HEADER, alg: "none" })}.${body}.`, "malformed"],
    ["says none, with a signature", `${encoded({ ...HEADER, alg: "none" })}.${body}.${signature}`, "algorithm"],
    ["says None", `${encoded({ ...HEADER, alg: "None" })}.${body}.AAAA`, "algorithm"],
    ["has an empty signature", `${head}.${body}.`, "malformed"],
    ["has the signature cut off", `${head}.${body}`, "malformed"],
    ["has a short signature", `${head}.${body}.${signature.slice(0, 40)}`, "signature"],
    ["is signed with the public key as PEM for HMAC", hmac({ ...HEADER, alg: "HS256" }, publicPem), "algorithm"],
    [
      "is signed with the public key's bytes for HMAC",
      hmac({ ...HEADER, alg: "HS256" }, Buffer.from(String(publicJwk.x), "base64url")),
      "algorithm",
    ],
    ["is signed with an HMAC and says EdDSA", hmac(HEADER, publicPem), "signature"],
    ["names the key of another algorithm", forged({ ...HEADER, kid: "curve" }), "algorithm"],
    [
      "has an all-zero signature",
      `${encoded({ ...HEADER, alg: "ES256", kid: "curve" })}.${body}.${"A".repeat(86)}`,
      "signature",
    ],
    ["is signed by a stranger", forged(HEADER, CLAIMS, stranger.privateKey), "signature"],
    ["names a key that does not exist", forged({ ...HEADER, kid: "other" }), "key"],
    ["names a file as its key", forged({ ...HEADER, kid: "../../../dev/null" }), "key"],
    ["names a member of every object as its key", forged({ ...HEADER, kid: "__proto__" }), "key"],
    [
      "brings its own key",
      forged({ ...HEADER, jwk: stranger.publicKey.export({ format: "jwk" }) }, CLAIMS, stranger.privateKey),
      "header",
    ],
    ["names an address of keys", forged({ ...HEADER, jku: "https://evil.example/jwks.json" }), "header"],
    ["names an address of certificates", forged({ ...HEADER, x5u: "https://evil.example/cert.pem" }), "header"],
    ["brings certificates", forged({ ...HEADER, x5c: ["MIIB"] }), "header"],
    ["has the thumbprint of a certificate", forged({ ...HEADER, x5t: "AAAA" }), "header"],
    ["has critical extensions", forged({ ...HEADER, crit: ["exp"], exp: seconds }), "header"],
    ["has an unencoded payload", forged({ ...HEADER, crit: ["b64"], b64: false }), "header"],
    ["is compressed", forged({ ...HEADER, zip: "DEF" }), "header"],
    ["is nested", forged({ ...HEADER, cty: "JWT" }), "header"],
    ["has no key id", forged({ alg: "EdDSA", typ: "at+jwt" }), "header"],
    ["has no type", forged({ alg: "EdDSA", kid: "main" }), "header"],
    ["has another type", forged({ ...HEADER, typ: "JWT" }), "type"],
    ["has the type in other letters", forged({ ...HEADER, typ: "AT+JWT" }), "type"],
    ["has a key id twice", forged('{"alg":"EdDSA","typ":"at+jwt","kid":"other","kid":"main"}'), "header"],
    ["has an algorithm twice", forged('{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"main"}'), "header"],
    ["has blanks in its header", forged('{ "alg":"EdDSA","typ":"at+jwt","kid":"main"}'), "header"],
    ["has an array as its header", forged([HEADER]), "header"],
    ["has null as its header", forged("null"), "header"],
    ["has members of other types in its header", forged({ alg: ["EdDSA"], typ: "at+jwt", kid: "main" }), "header"],
    [
      "has a header that is not UTF-8",
      `${Buffer.from([0xff, 0xfe]).toString("base64url")}.${body}.${signature}`,
      "header",
    ],
    ["has a subject twice", forged(HEADER, JSON.stringify(CLAIMS).replace("{", '{"sub":"admin",')), "claims"],
    ["has no object as its claims", forged(HEADER, "[]"), "claims"],
    ["has claims that are not JSON", forged(HEADER, "hello"), "claims"],
    ["has padding", `${head}.${body}.${signature}==`, "malformed"],
    ["has padding in its header", `${head}=.${body}.${signature}`, "malformed"],
    ["has a blank", ` ${sound}`, "malformed"],
    ["has a line end", `${sound}\n`, "malformed"],
    ["has five parts", `${sound}.a.b`, "malformed"],
    ["has three empty parts", "..", "malformed"],
    ["is in standard Base64", sound.replaceAll("-", "+").replaceAll("_", "/").concat("+"), "malformed"],
    ["is in the JSON form", JSON.stringify({ protected: head, payload: body, signature }), "malformed"],
    ["is too long", `${head}.${"A".repeat(8200)}.${signature}`, "oversize"],
    ["is far too long", "A".repeat(20_000_000), "oversize"],
    ["is empty", "", "malformed"],
    ["is undefined", undefined, "malformed"],
    ["is an object", { toString: (): string => sound }, "malformed"],
    ["is an array", [sound], "malformed"],
  ])("that %s is refused", async (_, token, reason) => {
    expect(await reasonOf(token)).toBe(reason);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["no issuer", { iss: undefined }, "issuer"],
    ["another issuer", { iss: "https://shop.example/" }, "issuer"],
    ["issuers in an array", { iss: ["https://shop.example"] }, "issuer"],
    ["no audience", { aud: undefined }, "audience"],
    ["another audience", { aud: "bank" }, "audience"],
    ["an empty audience", { aud: [] }, "audience"],
    ["no expiry", { exp: undefined }, "claims"],
    ["an expiry that is a string", { exp: String(seconds + 60) }, "claims"],
    ["an expiry without end", { exp: 1e300 }, "claims"],
    ["an expiry that has passed", { exp: seconds - 5 }, "AUTH_TOKEN_EXPIRED"],
    ["no id", { jti: undefined }, "claims"],
    ["an empty id", { jti: "" }, "claims"],
    ["no time of issue", { iat: undefined }, "claims"],
    ["a time of issue to come", { iat: seconds + 60 }, "early"],
    ["a beginning to come", { nbf: seconds + 60 }, "early"],
    ["a beginning that is a string", { nbf: "0" }, "claims"],
    ["no subject", { sub: undefined }, "claims"],
    ["a subject that is an object", { sub: { id: "u-7" } }, "claims"],
    ["a session that is a number", { sid: 7 }, "claims"],
    ["methods that are a string", { amr: "pwd" }, "claims"],
    ["a tenant that is an array", { tenant: ["t-1"] }, "claims"],
  ])("with %s is refused, although its signature is right", async (_, change, reason) => {
    expect(await reasonOf(forged(HEADER, { ...CLAIMS, ...change }))).toBe(reason);
  });

  it("is refused if the unused bits of a last character are set, which decoders ignore", async () => {
    // 64 bytes are 86 characters, of which the last one has 4 unused bits.
    const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = digits.indexOf(signature.at(-1) ?? "");
    for (let bits = 1; bits < 16; bits++) {
      const other = `${sound.slice(0, -1)}${digits.charAt(last | bits)}`;
      expect(Buffer.from(other.split(".")[2] ?? "", "base64url")).toEqual(Buffer.from(signature, "base64url"));
      expect(await reasonOf(other)).toBe("malformed");
    }
  });

  it("is refused if any character is changed, removed or added", async () => {
    const character = fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=");
    const change = fc.tuple(fc.nat(sound.length - 1), character, fc.constantFrom(0, 1));
    await fc.assert(
      fc.asyncProperty(change, async ([at, text, removed]) => {
        const changed = sound.slice(0, at) + text + sound.slice(at + removed);
        fc.pre(changed !== sound);
        expect(await reasonOf(changed)).not.toBe("accepted");
      }),
      { numRuns: 500 },
    );
  });

  it("of another type is not accepted in its place, though the keys are the same", async () => {
    const invitations = createTokens({
      issuer: "https://shop.example",
      audience: "shop",
      keys,
      clock,
      type: "invite+jwt",
    });
    const { token } = await invitations.issue({ subject: "u-7" });
    expect((await invitations.verify(token)).subject).toBe("u-7");
    expect(await reasonOf(token)).toBe("type");
  });
});

describe("the vectors of RFC 7520, section 4.4, and RFC 8037, appendix A", () => {
  it("are what the engine signs and what a key of the ring is named", async () => {
    const shared = ringKeyOf({
      algorithm: "HS256",
      kid: "018c0ae5-4d9b-471b-bfd6-eef314bc7037",
      key: Buffer.from("hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg", "base64url"),
    });
    const text =
      "It’s a dangerous business, Frodo, going out your door. You step onto the road, and if you don't keep your feet, there’s no knowing where you might be swept off to.";
    const signing = new CompactSign(Buffer.from(text)).setProtectedHeader({ alg: "HS256", kid: shared.kid });
    expect((await signing.sign(shared.privateKey)).split(".")[2]).toBe("s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0");
    const edwards = ringKeyOf({
      key: {
        kty: "OKP",
        crv: "Ed25519",
        d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
      },
    });
    expect(edwards.kid).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    const example = new CompactSign(Buffer.from("Example of Ed25519 signing")).setProtectedHeader({ alg: "EdDSA" });
    expect(await example.sign(edwards.privateKey)).toBe(
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    );
  });
});
