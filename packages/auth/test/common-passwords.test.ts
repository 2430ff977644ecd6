import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { dictionary } from "@zxcvbn-ts/language-common";
import { describe, expect, it } from "vitest";
import { Blocklist } from "../src/internal/blocklist.ts";
import { COMMON_PASSWORDS } from "../src/internal/packed-passwords.ts";

const text = readFileSync(join(import.meta.dirname, "common-passwords.txt"), "utf8").trim();

describe("the shipped blocklist", () => {
  it("is the packed form of the words beside this test", () => {
    expect(brotliDecompressSync(Buffer.from(COMMON_PASSWORDS, "base64")).toString()).toBe(text);
    const words = text.split("\n");
    expect(words).toEqual([...new Set(words)]);
    expect(words.filter((word) => word.length < 4 || word !== word.normalize("NFKC").toLowerCase())).toEqual([]);
  });

  it("refuses most passwords of 8 characters and more that another list ranks first", () => {
    const blocklist = new Blocklist([]);
    const ranked = dictionary["passwords-common"].map(String).filter((word) => word.length >= 8);
    const refused = (first: number): number =>
      ranked.slice(0, first).filter((word) => blocklist.has(word)).length / first;
    // The rest was common at one service only, such as passwords that it drew for its customers.
    expect(refused(100)).toBeGreaterThan(0.97);
    expect(refused(1000)).toBeGreaterThan(0.88);
    expect(refused(3000)).toBeGreaterThan(0.84);
    expect(ranked.filter((word) => blocklist.has(word)).length).toBeGreaterThan(5000);
  });
});
