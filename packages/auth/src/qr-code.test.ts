import jsqr from "jsqr";
import { describe, expect, test } from "vitest";
import { qrCodeSvg } from "./qr-code.ts";

/** Reads an image as a camera would, pixel by pixel. */
function read(image: string): string | undefined {
  const [, size = ""] = /viewBox="0 0 (\d+) \1"/.exec(image) ?? [];
  const width = Number(size);
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y, side] of image.matchAll(/M(\d+),(\d+)h(\d+)/g))
    for (let row = 0; row < Number(side); row++) {
      const start = ((Number(y) + row) * width + Number(x)) * 4;
      for (let at = start; at < start + Number(side) * 4; at += 4) pixels.fill(0, at, at + 3);
    }
  return jsqr.default(pixels, width, width)?.data;
}

describe("qrCodeSvg", () => {
  test.each([
    "otpauth://totp/Shop:ada%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Shop",
    "otpauth://totp/Gr%C3%BC%C3%9Fe:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Gr%C3%BC%C3%9Fe&digits=8",
    "a",
    "ü".repeat(200),
  ])("a reader finds the text again: %s", (text) => {
    expect(read(qrCodeSvg(text))).toBe(text);
  });

  test("the image is square, has a quiet zone and holds only shapes", () => {
    const image = qrCodeSvg("otpauth://totp/Shop:ada%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Shop");
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(image) ?? [];
    expect(width).toBe(height);
    expect(image.match(/<[a-z]+/g)).toEqual(["<svg", "<rect", "<path"]);
    expect(image).not.toMatch(/otpauth|JBSWY3DPEHPK3PXP|script|href/);
    const corners = [...image.matchAll(/M(\d+),(\d+)h/g)].map(([, x, y]) => Math.min(Number(x), Number(y)));
    expect(Math.min(...corners)).toBe(16); // four modules of four units
  });

  test("the longest text that fits makes an image, and one more byte is refused", () => {
    expect(qrCodeSvg("ü".repeat(1165))).toContain("<svg");
    expect(() => qrCodeSvg("ü".repeat(1166))).toThrow(/text must have at most 2331 bytes/);
    expect(() => qrCodeSvg("")).toThrow(TypeError);
    expect(() => qrCodeSvg(null as never)).toThrow(/text must be a string of 1/);
  });
});
