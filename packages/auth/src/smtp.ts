export type { Mail, Mailer } from "./mailers/mailer.ts";
export type { SmtpMailer, SmtpMailerOptions } from "./mailers/smtp-mailer.ts";
export { smtpMailer } from "./mailers/smtp-mailer.ts";
