import { secret } from "@seaworthy/core";
import argon2 from "argon2";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findRecoveryCode, generateRecoveryCodes } from "../src/totp/recovery-codes.ts";
import { generateTotp, generateTotpSecret, verifyTotp } from "../src/totp/totp.ts";

const key = Buffer.from("12345678901234567890");
const START = 1_700_000_010_000;
const STEP = 30_000;

describe("codes of the second factor", () => {
  it.each([
    [59, "94287082"],
    [1111111109, "07081804"],
    [1111111111, "14050471"],
    [1234567890, "89005924"],
    [2000000000, "69279037"],
    [20000000000, "65353130"],
  ])("are those of RFC 6238, appendix B, at %i seconds", (seconds, code) => {
    expect(generateTotp(key, { now: seconds * 1000, digits: 8 })).toBe(code);
    expect(verifyTotp(secret<Uint8Array>(key), code, { now: seconds * 1000, digits: 8 })).toBe(
      Math.floor(seconds / 30),
    );
  });

  it("are accepted one step early and late, and no more", () => {
    const offsets = [-2, -1, 0, 1, 2];
    const accepted = offsets.map((offset) =>
      verifyTotp(key, generateTotp(key, { now: START + offset * STEP }), { now: START }),
    );
    const step = Math.floor(START / STEP);
    expect(accepted).toEqual([undefined, step - 1, step, step + 1, undefined]);
    expect(verifyTotp(key, generateTotp(key, { now: START - STEP }), { now: START, window: 0 })).toBeUndefined();
    expect(verifyTotp(key, generateTotp(key, { now: 0 }), { now: 0 })).toBe(0);
  });

  it("are for one use: neither the same step nor an older one is accepted again", () => {
    const now = generateTotp(key, { now: START });
    const before = generateTotp(key, { now: START - STEP });
    const step = verifyTotp(key, now, { now: START }) ?? 0;
    expect(verifyTotp(key, now, { now: START, after: step })).toBeUndefined();
    expect(verifyTotp(key, before, { now: START, after: step })).toBeUndefined();
    expect(verifyTotp(key, generateTotp(key, { now: START + STEP }), { now: START, after: step })).toBe(step + 1);
  });

  it("may have blanks, and otherwise digits alone", () => {
    const code = generateTotp(key, { now: START });
    expect(verifyTotp(key, ` ${code.slice(0, 3)} ${code.slice(3)}`, { now: START })).toBeDefined();
    for (const wrong of [
      "",
      "12345",
      `${code}0`,
      `+${code.slice(1)}`,
      "٠١٢٣٤٥",
      "x".repeat(10_000_000),
      123456,
      null,
      [code],
    ])
      expect(verifyTotp(key, wrong as string, { now: START })).toBeUndefined();
  });

  it("have secrets of 160 bits", () => {
    const [one, two] = [generateTotpSecret(), generateTotpSecret()];
    expect(one.reveal()).toHaveLength(20);
    expect(one.reveal()).not.toEqual(two.reveal());
    expect(String(one)).toBe("[redacted]");
  });

  it.each([
    [new Uint8Array(9), {}, /secret must be 10 to 128 bytes/],
    ["text", {}, /secret must be/],
    [key, { now: Number.NaN }, /now must be a number/],
    [key, { digits: 7 }, /digits must be 6 or 8; got 7/],
    [key, { period: 0 }, /period/],
    [key, { algorithm: "MD5" }, /algorithm must be one of/],
    [key, { window: 11 }, /window/],
    [key, { after: 1.5 }, /after/],
    [key, { drift: 1 }, /verifyTotp has no option "drift"/],
  ])("are not verified with %o and %o", (bytes, options, message) => {
    expect(() => verifyTotp(bytes as Uint8Array, "123456", options as never)).toThrow(message);
  });
});

describe("recovery codes", () => {
  it("are found however they are typed, and by nothing else", () => {
    const { codes, hashes } = generateRecoveryCodes();
    expect(codes).toHaveLength(10);
    for (const [at, code] of codes.entries()) {
      expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/);
      expect(findRecoveryCode(hashes, code)).toBe(hashes[at]);
      const typed = ` ${code.toUpperCase().replaceAll("-", " ").replaceAll("0", "O").replaceAll("1", "l")} `;
      expect(findRecoveryCode(hashes, typed)).toBe(hashes[at]);
      expect(findRecoveryCode(hashes.toSpliced(at, 1), code)).toBeUndefined();
    }
    for (const wrong of ["", "-", "x".repeat(10_000_000), undefined, 7])
      expect(findRecoveryCode(hashes, wrong as string)).toBeUndefined();
    expect(findRecoveryCode(["", "short"], codes[0] ?? "")).toBeUndefined();
  });

  it("are different, and as many as asked for", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (count) => {
        const { codes, hashes } = generateRecoveryCodes(count);
        expect(new Set([...codes, ...hashes]).size).toBe(2 * count);
      }),
      { numRuns: 20 },
    );
    expect(() => generateRecoveryCodes(0)).toThrow(/count/);
  });
});

describe("the vector of RFC 9106, section 5.3", () => {
  it("is what the engine of the passwords computes", async () => {
    const tag = await argon2.hash(Buffer.alloc(32, 1), {
      raw: true,
      type: argon2.argon2id,
      version: 0x13,
      memoryCost: 32,
      timeCost: 3,
      parallelism: 4,
      hashLength: 32,
      salt: Buffer.alloc(16, 2),
      secret: Buffer.alloc(8, 3),
      associatedData: Buffer.alloc(12, 4),
    });
    expect(tag.toString("hex")).toBe("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
  });
});
