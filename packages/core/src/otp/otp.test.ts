import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { secret } from "../secret.ts";
import { fromBase32, toBase32 } from "./base32.ts";
import { formatOtpauth, parseOtpauth } from "./otpauth.ts";
import { type TotpAlgorithm, totpAt } from "./totp.ts";

describe("one-time passwords", () => {
  // RFC 6238, appendix B: the secret is as long as the hash.
  const secrets: Record<TotpAlgorithm, Buffer> = {
    SHA1: Buffer.from("12345678901234567890"),
    SHA256: Buffer.from("12345678901234567890123456789012"),
    SHA512: Buffer.from("1234567890123456789012345678901234567890123456789012345678901234"),
  };
  const vectors: [number, string, string, string][] = [
    [59, "94287082", "46119246", "90693936"],
    [1111111109, "07081804", "68084774", "25091201"],
    [1111111111, "14050471", "67062674", "99943326"],
    [1234567890, "89005924", "91819424", "93441116"],
    [2000000000, "69279037", "90698825", "38618901"],
    [20000000000, "65353130", "77737706", "47863826"],
  ];

  it.each(vectors)("are those of RFC 6238, appendix B, at %i seconds", (seconds, ...codes) => {
    for (const [at, algorithm] of (["SHA1", "SHA256", "SHA512"] as const).entries()) {
      const parameters = { secret: secrets[algorithm], algorithm, period: 30 };
      expect(totpAt({ ...parameters, digits: 8 }, seconds * 1000).code).toBe(codes[at]);
      expect(totpAt({ ...parameters, digits: 6 }, seconds * 1000).code).toBe(codes[at]?.slice(2));
    }
  });
});

describe("otpauth URIs", () => {
  it("are read with their defaults, and the issuer from the label where there is no parameter", () => {
    const parsed = parseOtpauth("otpauth://totp/Acme%20Ltd:ops%40acme.example?secret=gezd gnbv gy3t qojq");
    expect(parsed).toMatchObject({
      algorithm: "SHA1",
      digits: 6,
      period: 30,
      account: "ops@acme.example",
      issuer: "Acme Ltd",
    });
    expect(Buffer.from(parsed?.secret.reveal() ?? []).toString()).toBe("1234567890");
    expect(parseOtpauth("otpauth://TOTP/ops?secret=GEZDGNBV&algorithm=sha-512&digits=8&period=60")).toMatchObject({
      algorithm: "SHA512",
      digits: 8,
      period: 60,
      account: "ops",
    });
  });

  it.each([
    "https://example.com/?secret=GEZDGNBV",
    "otpauth://hotp/a?secret=GEZDGNBV&counter=1",
    "otpauth://totp/a",
    "otpauth://totp/a?secret=",
    "otpauth://totp/a?secret=0189",
    "otpauth://totp/a?secret=GEZDGNBV&digits=7",
    "otpauth://totp/a?secret=GEZDGNBV&period=0",
    "otpauth://totp/a?secret=GEZDGNBV&period=1e9",
    "otpauth://totp/a?secret=GEZDGNBV&algorithm=MD5",
    "otpauth://totp/%E0%A4%A?secret=GEZDGNBV",
    `otpauth://totp/a?secret=${"A".repeat(5000)}`,
    "",
  ])("are refused if they are %s", (uri) => {
    expect(parseOtpauth(uri)).toBeUndefined();
  });

  it("are read back as they were written", () => {
    const text = fc
      .string({ minLength: 1, maxLength: 20, unit: "grapheme" })
      .filter((s) => !s.includes(":") && s.trim() === s);
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.constantFrom<TotpAlgorithm>("SHA1", "SHA256", "SHA512"),
        fc.constantFrom<6 | 8>(6, 8),
        fc.integer({ min: 1, max: 3600 }),
        text,
        text,
        (bytes, algorithm, digits, period, account, issuer) => {
          const parsed = parseOtpauth(
            formatOtpauth({ secret: secret(bytes), algorithm, digits, period, account, issuer }).reveal(),
          );
          expect(parsed).toMatchObject({ algorithm, digits, period, account, issuer });
          expect([...(parsed?.secret.reveal() ?? [])]).toEqual([...bytes]);
        },
      ),
    );
  });

  it.each([
    [{ secret: "text" }, /secret must be/],
    [{ algorithm: "MD5" }, /algorithm/],
    [{ digits: 7 }, /digits .* got 7/],
    [{ period: 0 }, /period .* got 0/],
    [{ account: "a:b" }, /account/],
    [{ issuer: "" }, /issuer/],
    [{ label: "x" }, /no option "label"/],
  ])("refuse to be written with %o", (wrong, message) => {
    const good = { secret: secret<Uint8Array>(new Uint8Array(10)), account: "a" };
    expect(() => formatOtpauth({ ...good, ...wrong } as never)).toThrow(message);
  });
});

describe("base 32", () => {
  it("gives the outputs of RFC 4648, section 10", () => {
    const cases = {
      "": "",
      f: "MY",
      fo: "MZXQ",
      foo: "MZXW6",
      foob: "MZXW6YQ",
      fooba: "MZXW6YTB",
      foobar: "MZXW6YTBOI",
    };
    for (const [text, encoded] of Object.entries(cases)) {
      expect(toBase32(Buffer.from(text))).toBe(encoded);
      expect(fromBase32(encoded)?.toString()).toBe(text);
    }
    expect(fromBase32("MZXW6===")?.toString()).toBe("foo");
  });

  it("may hold bits that make no byte in an otpauth URI, as some providers draw letters at random", () => {
    expect(fromBase32("GEZD")).toBeUndefined();
    const bytes = parseOtpauth("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGZ")?.secret.reveal();
    expect(Buffer.from(bytes ?? []).toString()).toBe("1234567890123456");
  });

  it("has one text for each sequence of bytes", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), maxLength: 40 }),
        (text) => {
          const bytes = fromBase32(text);
          if (bytes !== undefined) expect(toBase32(bytes)).toBe(text);
        },
      ),
    );
  });
});
