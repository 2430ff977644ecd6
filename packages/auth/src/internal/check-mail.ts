import { boundedString, checkOptions } from "@seaworthy/core/options";
import type { Mail } from "../mailers/mailer.ts";

// Everything by which one address could become two, or a header another one, is left out: quotes, comments, groups, lists.
const ADDRESS = /^[^\p{C}\s@<>()[\]\\,;:"]{1,64}@[^\p{C}\s@<>()[\]\\,;:"]{1,253}$/u;
const CONTROL = /\p{Cc}/u;
const LONGEST_BODY = 1_048_576;

/**
 * Returns an e-mail address.
 *
 * @throws TypeError that names the member; without the value, which is about a person
 */
export function mailAddress(name: string, value: unknown): string {
  if (typeof value !== "string" || value.length > 254 || !ADDRESS.test(value))
    throw new TypeError(`${name} must be one e-mail address without a display name`);
  return value;
}

/** @throws TypeError if a member is malformed, so that no mail can add recipients or headers */
export function checkMail(mail: Mail): void {
  checkOptions("mail", mail, ["to", "subject", "text", "html", "purpose"]);
  mailAddress("mail.to", mail.to);
  if (CONTROL.test(boundedString("mail.subject", mail.subject, 1, 200)))
    throw new TypeError("mail.subject must not have line ends or other control characters");
  boundedString("mail.text", mail.text, 1, LONGEST_BODY);
  if (mail.html !== undefined) boundedString("mail.html", mail.html, 1, LONGEST_BODY);
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(boundedString("mail.purpose", mail.purpose, 1, 50)))
    throw new TypeError('mail.purpose must be in kebab case, such as "verify-email"');
}
