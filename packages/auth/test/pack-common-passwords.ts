// Writes src/internal/packed-passwords.ts from common-passwords.txt, which has one lower-case word per line.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const words = readFileSync(join(import.meta.dirname, "common-passwords.txt"), "utf8").trim();
const packed = brotliCompressSync(words).toString("base64");
const source = `/** Brotli of the words in test/common-passwords.txt, one per line, in Base64. Written by test/pack-common-passwords.ts. */
export const COMMON_PASSWORDS =
  "${packed}";
`;
writeFileSync(join(import.meta.dirname, "../src/internal/packed-passwords.ts"), source);
