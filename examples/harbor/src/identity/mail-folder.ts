import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Mailer } from "@seaworthy/auth";

/** Writes mails into a folder in place of sending them. Only the user of the process can read it, because links are credentials. */
export function mailFolder(folder: string): Mailer {
  return {
    async send({ to, subject, text, purpose }) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const name = `${new Date().toISOString().replaceAll(":", "-")}-${purpose}-${randomUUID()}.txt`;
      await writeFile(join(folder, name), `To: ${to}\nSubject: ${subject}\n\n${text}`, { mode: 0o600, flag: "wx" });
    },
  };
}
