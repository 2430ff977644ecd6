/** A mail of the service to one person. */
export interface Mail {
  /** One address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  /** What it is for, in kebab case, such as `"verify-email"`. */
  readonly purpose: string;
}

/** Something that sends mails. */
export interface Mailer {
  /** Resolves when the mail is handed over. */
  send(mail: Mail): Promise<void>;
}
