import { type Clock, type Duration, isSecret, type Secret } from "@seaworthy/core";
import { readMember, withoutUndefined } from "@seaworthy/core/objects";
import { boundedString, checkOptions, clockOption, flag, integer, positiveDuration } from "@seaworthy/core/options";
import { waitAtMost } from "@seaworthy/core/waiting";
import type { Transporter } from "nodemailer";
import { errors } from "../errors.ts";
import { checkMail, mailAddress } from "../internal/check-mail.ts";
import { loadPeer } from "../internal/load-peer.ts";
import { mailEvent } from "../telemetry.ts";
import type { Mail, Mailer } from "./mailer.ts";

/** Options of {@link smtpMailer}. */
export interface SmtpMailerOptions {
  /** `smtps://user:password@host:465`, or `smtp://user:password@host:587` for STARTTLS. */
  url: string | Secret;
  /** The address of the sender. */
  from: string;
  /** The name of the sender. @default none */
  fromName?: string;
  /** Whether a server without TLS is refused. @default true, apart from servers on this machine */
  requireTls?: boolean;
  /** A certificate authority in PEM, for a server within the company. @default those of Node.js */
  ca?: string;
  /** How long one mail may take. @default "20s" */
  timeout?: Duration;
  /** How many mails are sent at the same time, 1 to 20; the others wait. @default 3 */
  connections?: number;
  /** @default systemClock */
  clock?: Clock;
}

/** A {@link Mailer} that holds connections. */
export interface SmtpMailer extends Mailer, AsyncDisposable {
  /**
   * Resolves when the server has accepted the mail.
   *
   * @throws TypeError if the mail is malformed
   * @throws AUTH_MAIL_FAILED if the server cannot be reached, or refuses the mail; `responseCode` in the context is its reply
   */
  send(mail: Mail): Promise<void>;
  /** Closes the connections. */
  close(): Promise<void>;
}

const OPTIONS = ["url", "from", "fromName", "requireTls", "ca", "timeout", "connections", "clock"];
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Sends mails through an SMTP server. It needs the package `nodemailer`, and connects with the first mail.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { smtpMailer } from "@seaworthy/auth/smtp";
 * await using mailer = smtpMailer({ url: "smtps://shop:password@mail.example.com:465", from: "shop@example.com" });
 * console.log(typeof mailer.send); // function
 * ```
 */
export function smtpMailer(options: SmtpMailerOptions): SmtpMailer {
  checkOptions("smtpMailer", options, OPTIONS);
  const { from, fromName = "", timeout = "20s", connections = 3 } = options;
  const url = urlOption(options.url);
  if (/\p{C}/u.test(boundedString("fromName", fromName, 0, 100)))
    throw new TypeError("fromName must not have line ends or other control characters");
  return new SmtpConnection({
    url,
    sender: { name: fromName, address: mailAddress("from", from) },
    requireTls: flag("requireTls", options.requireTls ?? !LOOPBACK.test(url.hostname)),
    ca: options.ca === undefined ? undefined : boundedString("ca", options.ca, 1, 1_000_000),
    timeout: positiveDuration("timeout", timeout),
    connections: integer("connections", connections, 1, 20),
    clock: clockOption("clock", options.clock),
  });
}

/** The value has a password, so the error does not show it. */
function urlOption(value: string | Secret): URL {
  const text: unknown = isSecret(value) ? value.reveal() : value;
  const url = typeof text === "string" && text.length <= 2048 && URL.canParse(text) ? new URL(text) : undefined;
  const sound =
    url !== undefined && /^smtps?:$/.test(url.protocol) && url.hostname !== "" && /^\/?$/.test(url.pathname);
  if (!sound || url.search !== "" || url.hash !== "")
    throw new TypeError('url must be like "smtps://user:password@host:465", a string or a secret');
  return url;
}

interface SmtpPlan {
  readonly url: URL;
  readonly sender: { readonly name: string; readonly address: string };
  readonly requireTls: boolean;
  readonly ca: string | undefined;
  readonly timeout: number;
  readonly connections: number;
  readonly clock: Clock;
}

class SmtpConnection implements SmtpMailer {
  readonly #plan: SmtpPlan;
  #transport: Promise<Transporter> | undefined;

  constructor(plan: SmtpPlan) {
    this.#plan = plan;
  }

  async send(mail: Mail): Promise<void> {
    checkMail(mail);
    const { clock, timeout: limit, url } = this.#plan;
    const { to, purpose } = mail;
    const begin = clock.monotonic();
    const end = (outcome: string, error?: unknown): void => {
      if (mailEvent.active) mailEvent.emit({ purpose, outcome }, (clock.monotonic() - begin) / 1000, { to, error });
    };
    try {
      const onLimit = (): never => {
        throw new Error(`the server did not accept the mail within ${limit} ms`);
      };
      await waitAtMost(this.#send(mail), { limit, onLimit, clock });
      end("ok");
    } catch (cause) {
      const responseCode = readMember(cause, "responseCode");
      const context = withoutUndefined({ purpose, host: url.hostname, responseCode });
      const isOurs = errors.AUTH_PEER_MISSING.is(cause);
      const error = isOurs ? cause : errors.AUTH_MAIL_FAILED(context, { cause });
      end("failed", error);
      throw error;
    }
  }

  async close(): Promise<void> {
    const transport = this.#transport;
    this.#transport = undefined;
    (await transport?.catch(() => undefined))?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #send({ to, subject, text, html }: Mail): Promise<void> {
    const { sender } = this.#plan;
    this.#transport ??= this.#open();
    const transport = await this.#transport;
    await transport.sendMail({
      ...withoutUndefined({ subject, text, html }),
      from: sender,
      to: { name: "", address: to },
      // Named by itself, so that nothing in the headers can add a recipient.
      envelope: { from: sender.address, to: [to] },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async #open(): Promise<Transporter> {
    const { createTransport } = await loadPeer("nodemailer", () => import("nodemailer"));
    const { url, requireTls, ca, timeout, connections } = this.#plan;
    const secure = url.protocol === "smtps:";
    const user = decodeURIComponent(url.username);
    const pass = decodeURIComponent(url.password);
    return createTransport({
      ...{ pool: true, maxConnections: connections, secure, requireTLS: requireTls && !secure },
      ...withoutUndefined({ auth: user === "" ? undefined : { user, pass } }),
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
      tls: withoutUndefined({ ca, minVersion: "TLSv1.2" as const }),
      connectionTimeout: timeout,
      greetingTimeout: timeout,
      socketTimeout: timeout,
    });
  }
}
