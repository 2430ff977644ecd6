import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@seaworthy/core";
import { boundedString, checkOptions, clockOption } from "@seaworthy/core/options";
import { errors } from "../errors.ts";
import { checkMail } from "../internal/check-mail.ts";
import { mailEvent } from "../telemetry.ts";
import type { Mail, Mailer } from "./mailer.ts";

/**
 * Writes mails to a folder in place of sending them, for development and tests: one `.txt` file per mail, and an `.html` file
 * beside it if the mail has HTML. The names sort by time. Only the owner of the process can read the files, because the links
 * in them are credentials.
 *
 * @param folder - is created if it does not exist
 * @throws TypeError if an argument is malformed
 * @example
 * ```ts
 * import { mkdtemp, readdir } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { fileMailer } from "@seaworthy/auth";
 * const folder = await mkdtemp(join(tmpdir(), "mails-"));
 * await fileMailer(folder).send({ to: "ada@example.com", subject: "Hello", text: "A link", purpose: "verify-email" });
 * console.log((await readdir(folder)).length); // 1
 * ```
 */
export function fileMailer(folder: string, options: { clock?: Clock } = {}): Mailer {
  boundedString("folder", folder, 1, 4096);
  checkOptions("fileMailer", options, ["clock"]);
  const clock = clockOption("clock", options.clock);
  return Object.freeze({ send: (mail: Mail) => write(folder, mail, clock.now()) });
}

async function write(folder: string, mail: Mail, now: number): Promise<void> {
  checkMail(mail);
  const { to, subject, text, html, purpose } = mail;
  const date = new Date(now).toISOString();
  const base = join(folder, `${date.replaceAll(":", "-")}-${purpose}-${randomBytes(4).toString("hex")}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (html !== undefined) await writeFile(`${base}.html`, html, { flag: "wx", mode: 0o600 });
    const head = `To: ${to}\nSubject: ${subject}\nDate: ${date}\n`;
    await writeFile(`${base}.txt`, `${head}\n${text}\n`, { flag: "wx", mode: 0o600 });
    if (mailEvent.active) mailEvent.emit({ purpose, outcome: "ok" }, undefined, { to });
  } catch (cause) {
    const error = errors.AUTH_MAIL_FAILED({ purpose, folder }, { cause });
    if (mailEvent.active) mailEvent.emit({ purpose, outcome: "failed" }, undefined, { to, error });
    throw error;
  }
}
