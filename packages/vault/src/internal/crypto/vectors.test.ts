import { createHash, hash } from "node:crypto";
import argon2 from "argon2";
import { describe, expect, it } from "vitest";
import { checkKdf, formatPhc, noCheaper, parsePhc } from "./argon2.ts";
import { lengthPrefixed } from "./bytes.ts";
import { openGcm, sealGcm } from "./gcm.ts";
import { hkdf } from "./hkdf.ts";
import { openXaes, sealXaes, unwrap, wrap, xaesKey } from "./xaes.ts";

const hex = (text: string): Buffer => Buffer.from(text, "hex");

describe("XAES-256-GCM", () => {
  const nonce = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWX");
  const text = Buffer.from("XAES-256-GCM");
  const vectors = [
    {
      key: "01".repeat(32),
      subkey: "e531954aca063d5b8d9c47a47d4cc6f0",
      data: "",
      box: "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271",
    },
    {
      key: "03".repeat(32),
      subkey: "23810ec50edb99f374409466ed1f4b7b",
      data: "c2sp.org/XAES-256-GCM",
      box: "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d",
    },
  ];

  it.each(vectors)("gives the ciphertext that C2SP publishes for key $key", ({ key, subkey, data, box }) => {
    const prepared = xaesKey(hex(key));
    expect(prepared.subkey.toString("hex")).toBe(subkey);
    expect(sealXaes(prepared, nonce, text, Buffer.from(data)).toString("hex")).toBe(box);
    expect(openXaes(prepared, nonce, hex(box), Buffer.from(data))?.toString()).toBe("XAES-256-GCM");
  });

  it("gives the hash that C2SP publishes for its 10 000 accumulated random tests", () => {
    // The stream of SHAKE-128 of nothing; long enough for every test.
    const stream = createHash("shake128", { outputLength: 8 * 1024 * 1024 }).digest();
    expect(stream.toString("hex", 0, 16)).toBe("7f9c2ba4e88f827d616045507605853e");
    let at = 0;
    const take = (length: number): Buffer => {
      at += length;
      return stream.subarray(at - length, at);
    };
    const boxes: Buffer[] = [];
    for (let i = 0; i < 10_000; i++) {
      const key = xaesKey(Buffer.from(take(32)));
      const iv = take(24);
      const message = take(take(1)[0] as number);
      const data = take(take(1)[0] as number);
      const box = sealXaes(key, iv, message, data);
      boxes.push(box);
    }
    const sum = createHash("shake128", { outputLength: 32 }).update(Buffer.concat(boxes)).digest("hex");
    expect(sum).toBe("e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939");
  });

  it("never opens what was changed by one bit, in nonce, text, tag or data", () => {
    const key = xaesKey(Buffer.alloc(32, 9));
    const wrapped = wrap(key, Buffer.from("root"), Buffer.from("data"));
    for (let bit = 0; bit < wrapped.length * 8; bit++) {
      const changed = Buffer.from(wrapped);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(unwrap(key, changed, Buffer.from("data"))).toBeUndefined();
    }
    expect(unwrap(key, wrapped, Buffer.from("Data"))).toBeUndefined();
    expect(unwrap(key, wrapped, Buffer.from("data"))?.toString()).toBe("root");
  });
});

describe("Argon2id", () => {
  it("gives the tag of RFC 9106, section 5.3", async () => {
    const tag = await argon2.hash(Buffer.alloc(32, 1), {
      ...{ raw: true, type: argon2.argon2id, memoryCost: 32, timeCost: 3, parallelism: 4, hashLength: 32 },
      ...{ salt: Buffer.alloc(16, 2), secret: Buffer.alloc(8, 3), associatedData: Buffer.alloc(12, 4) },
    });
    expect(tag.toString("hex")).toBe("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
  });

  it("costs 64 MiB, 3 passes and 4 lanes unless told otherwise, and writes them in PHC form", () => {
    const text = formatPhc(checkKdf(), Buffer.alloc(16, 7));
    expect(text).toBe("$argon2id$v=19$m=65536,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw");
    expect(parsePhc(text)).toEqual({ cost: { memory: 65536, passes: 3, lanes: 4 }, salt: Buffer.alloc(16, 7) });
  });

  it.each([
    ["another algorithm", "$argon2i$v=19$m=65536,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw"],
    ["the data-dependent algorithm", "$argon2d$v=19$m=65536,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw"],
    ["the version before", "$argon2id$v=16$m=65536,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw"],
    ["no version", "$argon2id$m=65536,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw"],
    ["less than 19 MiB", "$argon2id$v=19$m=19455,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw"],
    ["more than 1 GiB", "$argon2id$v=19$m=1048577,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw"],
    ["memory beyond any machine", "$argon2id$v=19$m=99999999999,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw"],
    ["no pass", "$argon2id$v=19$m=65536,t=0,p=4$BwcHBwcHBwcHBwcHBwcHBw"],
    ["11 passes", "$argon2id$v=19$m=65536,t=11,p=4$BwcHBwcHBwcHBwcHBwcHBw"],
    ["17 lanes", "$argon2id$v=19$m=65536,t=3,p=17$BwcHBwcHBwcHBwcHBwcHBw"],
    ["a number written otherwise", "$argon2id$v=19$m=065536,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw"],
    ["a salt written otherwise", "$argon2id$v=19$m=65536,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBx"],
    ["a short salt", "$argon2id$v=19$m=65536,t=3,p=4$BwcHBwcHBwcHBwcHBwcHB"],
    ["a hash behind the salt", "$argon2id$v=19$m=65536,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw$abcd"],
    ["text that goes on for ever", `$argon2id$v=19$m=${"9".repeat(100_000)},t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw`],
  ])("refuses stored parameters with %s", (_, text) => {
    expect(parsePhc(text)).toBeUndefined();
  });

  it("takes the bounds themselves", () => {
    for (const kdf of [
      { memory: "19mib", passes: 1, lanes: 1 },
      { memory: "1gib", passes: 10, lanes: 16 },
    ]) {
      const cost = checkKdf(kdf);
      expect(parsePhc(formatPhc(cost, Buffer.alloc(16)))?.cost).toEqual(cost);
    }
  });

  it.each([
    [{ memory: "18mib" }, /kdf\.memory .* got 18874368/],
    [{ memory: "2gib" }, /kdf\.memory/],
    [{ memory: Number.NaN }, /kdf\.memory/],
    [{ passes: 0 }, /kdf\.passes .* got 0/],
    [{ passes: 1.5 }, /kdf\.passes .* got 1\.5/],
    [{ lanes: 17 }, /kdf\.lanes .* got 17/],
    [{ lanes: "4" }, /kdf\.lanes/],
    [{ parallelism: 4 }, /no option "parallelism"/],
  ])("refuses to be asked for %o", (kdf, message) => {
    expect(() => checkKdf(kdf as never)).toThrow(message);
    expect(() => checkKdf(kdf as never)).toThrow(TypeError);
  });

  it("never makes a later password cheaper than the one before", () => {
    const weak = { memory: 19456, passes: 4, lanes: 1 };
    expect(noCheaper(weak, { memory: 65536, passes: 3, lanes: 4 })).toEqual({ memory: 65536, passes: 4, lanes: 4 });
  });
});

describe("HKDF", () => {
  it("gives the outputs of RFC 5869, appendix A.1, A.2 and A.3", () => {
    const range = (from: number, to: number): Buffer =>
      Buffer.from(Array.from({ length: to - from + 1 }, (_, i) => from + i));
    const cases = [
      [
        hex("0b".repeat(22)),
        range(0, 12),
        range(0xf0, 0xf9),
        42,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
      ],
      [
        range(0, 0x4f),
        range(0x60, 0xaf),
        range(0xb0, 0xff),
        82,
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
      ],
      [
        hex("0b".repeat(22)),
        Buffer.alloc(0),
        Buffer.alloc(0),
        42,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
      ],
    ] as const;
    for (const [key, salt, info, length, output] of cases) {
      expect(hkdf(key, salt, info, length).toString("hex")).toBe(output);
    }
  });
});

describe("AES-256-GCM", () => {
  const key = Buffer.alloc(32, 1);
  const nonce = Buffer.alloc(12, 2);

  it("gives the output of the GCM specification, test case 16", () => {
    const text =
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    const box = sealGcm(
      hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
      hex("cafebabefacedbaddecaf888"),
      hex(text),
      hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
    );
    expect(box.toString("hex")).toBe(
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662" +
        "76fc6ece0f4e1768cddf8853bb2d551b",
    );
  });

  it("never takes a tag of less than 16 bytes, which Node.js would by default", () => {
    const box = sealGcm(key, nonce, Buffer.from("text"), Buffer.alloc(0));
    for (let length = 0; length < box.length; length++) {
      expect(openGcm(key, nonce, box.subarray(0, length), Buffer.alloc(0))).toBeUndefined();
    }
  });
});

describe("length-prefixed parts", () => {
  it("differ whenever the parts differ, whatever they are joined to", () => {
    const joined = [["a1", "1"], ["a", "11"], ["a11"], ["", "a11"], ["a11", ""]].map((parts) =>
      lengthPrefixed(...parts),
    );
    expect(new Set(joined.map((bytes) => hash("sha256", bytes))).size).toBe(joined.length);
  });
});
