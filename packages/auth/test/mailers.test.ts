import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileMailer } from "../src/index.ts";
import type { Mail } from "../src/smtp.ts";

const MAIL: Mail = {
  to: "ada@example.com",
  subject: "Grüße",
  text: "Open https://shop.example/verify?token=abc",
  purpose: "verify-email",
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-mails-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("fileMailer", () => {
  test("each mail is a file that only the owner can read, and the names sort by time", async () => {
    const clock = manualClock();
    const place = join(folder, "new", "mails");
    const mailer = fileMailer(place, { clock });
    await mailer.send(MAIL);
    await clock.advance("1s");
    await mailer.send({ ...MAIL, html: "<p>Hello</p>", purpose: "reset-password" });
    const names = (await readdir(place)).sort();
    expect(names.map((name) => name.replace(/-[0-9a-f]{8}\./, "."))).toEqual([
      "2026-01-01T00-00-00.000Z-verify-email.txt",
      "2026-01-01T00-00-01.000Z-reset-password.html",
      "2026-01-01T00-00-01.000Z-reset-password.txt",
    ]);
    expect(await readFile(join(place, String(names[0])), "utf8")).toBe(
      `To: ada@example.com\nSubject: Grüße\nDate: 2026-01-01T00:00:00.000Z\n\n${MAIL.text}\n`,
    );
    for (const name of names) expect((await stat(join(place, name))).mode & 0o777).toBe(0o600);
    expect((await stat(place)).mode & 0o777).toBe(0o700);
  });

  test("mails of the same millisecond are all kept", async () => {
    const mailer = fileMailer(join(folder, "many"), { clock: manualClock() });
    await Promise.all(Array.from({ length: 20 }, () => mailer.send(MAIL)));
    expect(await readdir(join(folder, "many"))).toHaveLength(20);
  });

  test("a folder that cannot be written to is AUTH_MAIL_FAILED", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    using telemetry = captureTelemetry();
    await expect(fileMailer(join(file, "x")).send(MAIL)).rejects.toMatchObject({
      code: "AUTH_MAIL_FAILED",
      status: 503,
    });
    expect(telemetry.of("auth.mail")[0]?.labels).toEqual({ purpose: "verify-email", outcome: "failed" });
  });

  test.each([
    ["two recipients", { to: "ada@example.com, eve@example.com" }],
    ["a display name", { to: "Ada <ada@example.com>" }],
    ["a header in the recipient", { to: "ada@example.com\r\nBcc: eve@example.com" }],
    ["a quoted recipient that other parsers split", { to: '"ada@example.com, eve@example.com"@example.net' }],
    ["a lone surrogate in the recipient", { to: "\ud800@example.com" }],
    ["a long recipient", { to: `${"a".repeat(250)}@example.com` }],
    ["a header in the subject", { subject: "Hello\r\nBcc: eve@example.com" }],
    ["an empty text", { text: "" }],
    ["a purpose that leads to another folder", { purpose: "../x" }],
    ["a mistyped member", { cc: "eve@example.com" }],
    ["null", { html: null }],
  ])("a mail with %s is refused", async (_, change) => {
    const mailer = fileMailer(join(folder, "refused"));
    const error = await mailer.send({ ...MAIL, ...change } as Mail).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    if ("to" in change) expect(error.message).not.toContain("example.com");
  });

  test("arguments that cannot work", () => {
    expect(() => fileMailer("")).toThrow(/folder must be/);
    expect(() => fileMailer("x", { clock: null } as never)).toThrow(/clock must have/);
    expect(() => fileMailer("x", { clocks: 1 } as never)).toThrow(/has no option/);
  });
});
