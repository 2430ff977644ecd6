import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verdict } from "../test/refusals.ts";
import { contentType, fileContent } from "./index.ts";
import { SIGNATURES } from "./internal/signatures.ts";

const PIXEL_PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const PIXEL_GIF = Buffer.from("R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==", "base64");
const utf8 = (text: string): Buffer => Buffer.from(text, "utf8");

describe("contentType", () => {
  test.each<[string, Uint8Array, string | undefined]>([
    ["a PNG", PIXEL_PNG, "image/png"],
    ["a GIF", PIXEL_GIF, "image/gif"],
    ["a gzip", gzipSync("x"), "application/gzip"],
    ["the Node that runs this", utf8("\x7fELF\x02\x01\x01"), "application/x-executable"],
    ["a Windows program", utf8("MZ"), "application/x-msdownload"],
    ["plain text", utf8("Ebbe und Flut, 3 €"), "text/plain"],
    ["JSON", utf8('{"a":1}'), "text/plain"],
    ["text with a byte order mark", utf8("\ufeffname;qty"), "text/plain"],
    ["a page", utf8(" \n<!-- x --><HTML lang=en>"), "text/html"],
    ["a script in a page", utf8("<script>alert(1)</script>"), "text/html"],
    ["a word that only begins like one", utf8("<scripture>"), "text/plain"],
    ["less-than", utf8("a < b"), "text/plain"],
    ["a drawing", utf8("<svg/onload=alert(1)>"), "image/svg+xml"],
    ["a drawing behind a declaration", utf8('<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg xmlns="x">'), "image/svg+xml"],
    ["XML", utf8('<?xml version="1.0"?><order/>'), "application/xml"],
    ["PHP", utf8("<?php system($_GET[1]);"), "application/x-httpd-php"],
    ["a shell script", utf8("#!/bin/sh\nrm -rf /"), "text/x-shellscript"],
    ["nothing", new Uint8Array(), undefined],
    ["bytes that are not text", new Uint8Array([0, 159, 146, 150]), undefined],
    ["text with a NUL", utf8("a\0b"), undefined],
    ["broken UTF-8", new Uint8Array([0x61, 0xff]), undefined],
  ])("tells %s", (_, bytes, type) => expect(contentType(bytes)?.type).toBe(type));

  test("tells zstd as the platform writes it", () => {
    expect(contentType(zstdCompressSync(utf8("x".repeat(100))))?.type).toBe("application/zstd");
  });

  test("finds each signature, also in a view and in an ArrayBuffer, and not when it is cut short", () => {
    for (const { type, bytes, at = 0 } of SIGNATURES) {
      const whole = Buffer.alloc(at + bytes.length + 8);
      whole.write(bytes, at, "latin1");
      expect(contentType(whole)?.type, type).toBe(type);
      const shifted = Buffer.concat([Buffer.from([1, 2, 3]), whole]).subarray(3);
      expect(contentType(shifted)?.type, type).toBe(type);
      expect(contentType(Uint8Array.from(whole).buffer)?.type, type).toBe(type);
      expect(contentType(whole.subarray(0, at + bytes.length - 1))?.type, type).not.toBe(type);
    }
  });

  test("a long text is judged by its first kilobyte, also if that ends within a character", () => {
    for (const length of [1023, 1024, 1025])
      expect(contentType(utf8(`${"a".repeat(length)}€€`))?.type).toBe("text/plain");
    expect(contentType(utf8(`${" ".repeat(2000)}<script>`))?.type).toBe("text/plain");
  });

  test("never throws for bytes, takes a comment without an end in one pass, and refuses what is not bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void contentType(bytes)));
    expect(contentType(utf8(`${"<!--".repeat(100_000)}`))?.type).toBe("text/plain");
    expect(() => contentType("PNG" as never)).toThrow('bytes must be a Uint8Array; got "PNG"');
  });
});

describe("fileContent", () => {
  const picture = fileContent({ types: ["image/png", "image/gif"], bytes: 200 });

  test("lets bytes of its types through as they are", () => {
    expect(picture.parse(PIXEL_PNG)).toBe(PIXEL_PNG);
    expect(verdict(picture, PIXEL_GIF)).toBe("ok");
  });

  test.each<[unknown, string]>([
    [utf8("<svg onload=alert(1)>"), "content_type"],
    [utf8("\x89PNG"), "content_type"],
    [new Uint8Array(), "empty"],
    [Buffer.concat([PIXEL_PNG, Buffer.alloc(200)]), "too_big"],
    ["iVBORw0KGgo=", "invalid_type"],
    [null, "invalid_type"],
  ])("refuses %o as %s", (value, code) => expect(verdict(picture, value)).toBe(code));

  test.each([{}, { types: [] }, { types: ["png"] }, { types: "image/png" }, { types: ["image/png"], bytes: 0 }])(
    "refuses the options %j",
    (options) => expect(() => fileContent(options as never)).toThrow(TypeError),
  );

  test.each([
    ["image/jpg", 'got "image/jpg"; did you mean "image/jpeg"?'],
    ["image/pngg", 'got "image/pngg"'],
    ["IMAGE/PNG", 'got "IMAGE/PNG"'],
    ["png", 'got "png"; did you mean "image/png"?'],
    ["application/json", 'got "application/json"; did you mean "text/plain"?'],
  ])("refuses the type %s, which contentType never names", (type, words) => {
    const make = (): unknown => fileContent({ types: ["image/png", type] });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(`types must hold media types that contentType returns, such as "image/png"; ${words}`);
  });

  test("takes every type that contentType names", () => {
    const types = [
      ...SIGNATURES.map(({ type }) => type),
      "text/html",
      "image/svg+xml",
      "application/xml",
      "text/plain",
    ];
    expect(() => fileContent({ types })).not.toThrow();
  });
});
