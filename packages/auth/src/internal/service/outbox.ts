import type { Clock } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { waitAtMost } from "@seaworthy/core/waiting";
import type { AuthLinks, AuthMail, AuthOptions } from "../../auth-options.ts";
import type { Mailer } from "../../mailers/mailer.ts";
import { deliveryEvent } from "../../telemetry.ts";

/** What the outbox is made of. Times are milliseconds. */
export interface OutboxPlan {
  readonly mailer: Mailer;
  readonly links: AuthLinks;
  readonly compose: NonNullable<AuthOptions["composeMail"]>;
  readonly lifetime: { readonly verify: number; readonly reset: number };
  readonly clock: Clock;
}

const LONGEST_DELIVERY = 60_000;
const MOST_WAITING = 1000;

/**
 * Sends mails after the call that caused them has been answered: a call that waited for the mail server would tell by its
 * time which addresses have an account.
 */
export class Outbox {
  readonly #plan: OutboxPlan;
  readonly #sending = new Set<Promise<void>>();

  constructor(plan: OutboxPlan) {
    this.#plan = plan;
  }

  get links(): AuthLinks {
    return this.#plan.links;
  }

  get lifetime(): OutboxPlan["lifetime"] {
    return this.#plan.lifetime;
  }

  /** Sends a mail soon. A failure is reported as telemetry. */
  post(mail: AuthMail): void {
    if (this.#sending.size >= MOST_WAITING) {
      deliveryEvent.emit({ purpose: mail.purpose, outcome: "dropped" });
      return;
    }
    const sending = this.#send(mail).finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  /** Resolves once no mail is on its way. Never rejects. */
  async drained(): Promise<void> {
    while (this.#sending.size > 0) await Promise.all(this.#sending);
  }

  async #send(mail: AuthMail): Promise<void> {
    let error: unknown;
    let outcome = "sent";
    try {
      await new Promise((resolve) => setImmediate(resolve));
      const { to, purpose } = mail;
      const { subject, text, html } = this.#plan.compose(mail);
      const sent = this.#plan.mailer.send({ to, purpose, subject, text, ...withoutUndefined({ html }) });
      const onLimit = (): never => {
        throw new Error(`the mailer did not settle within ${LONGEST_DELIVERY} ms`);
      };
      await waitAtMost(sent, { limit: LONGEST_DELIVERY, onLimit, clock: this.#plan.clock });
    } catch (thrown) {
      error = thrown;
      outcome = "failed";
    }
    deliveryEvent.emit({ purpose: mail.purpose, outcome }, undefined, withoutUndefined({ error }));
  }
}

/** The subjects and texts of mails, unless the host has its own. */
export function plainMail({ purpose, link = "", code = "" }: AuthMail): { subject: string; text: string } {
  switch (purpose) {
    case "verify-email":
      return {
        subject: "Verify your e-mail address",
        text: `Open this link to verify your e-mail address:\n\n${link}\n\nIf you did not register, ignore this mail.\n`,
      };
    case "account-exists":
      return {
        subject: "You already have an account",
        text: "Someone tried to register with your e-mail address, which already has an account.\n\nIf it was you, log in, or ask for a new password. Otherwise ignore this mail.\n",
      };
    case "reset-password":
      return {
        subject: "Set a new password",
        text: `Open this link to set a new password:\n\n${link}\n\nIf you did not ask for it, ignore this mail. Your password stays as it is.\n`,
      };
    case "password-changed":
      return {
        subject: "Your password was changed",
        text: "The password of your account was changed, and other sessions were ended.\n\nIf it was not you, ask for a new password at once.\n",
      };
    case "login-code":
      return {
        subject: "Your code for logging in",
        text: `Your code is ${code}. It is valid for 10 minutes.\n\nIf you are not logging in, someone knows your password: change it.\n`,
      };
  }
}
