import type { Clock } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { boundedString, checkOptions, showValue } from "@seaworthy/core/options";
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/server";
import { errors } from "../../errors.ts";
import type {
  PasskeyChallenge,
  PasskeyLogin,
  PasskeyOwner,
  PasskeyRecord,
  Passkeys,
  PasskeysOptions,
} from "../../passkeys/passkeys.ts";
import type { StoredPasskey } from "../../stores/store.ts";
import { passkeyEvent } from "../../telemetry.ts";
import { hashSecret, randomSecret } from "../once-secret.ts";
import { type Journal, type Note, reasonOf } from "../service/journal.ts";
import { knownClient } from "../service/known-client.ts";
import { type CredentialAnswer, readResponse } from "./read-response.ts";
import { library, verifyLogin, verifyRegistration } from "./verify.ts";

const LONGEST_USER_ID = 64;
const REGISTRATION = "passkey-registration";
const LOGIN = "passkey-login";

/** What {@link WebAuthn} is made of. All times in milliseconds. */
export interface PasskeysPlan {
  readonly store: PasskeysOptions["store"];
  readonly journal: Journal;
  readonly domain: string;
  readonly name: string;
  readonly origins: string[];
  readonly userVerification: "required" | "preferred";
  readonly challengeFor: number;
  readonly limit: number;
  readonly clock: Clock;
}

/** Registration and login by WebAuthn Level 3. */
export class WebAuthn implements Passkeys {
  readonly #plan: PasskeysPlan;

  constructor(plan: PasskeysPlan) {
    this.#plan = plan;
  }

  async beginRegistration(owner: PasskeyOwner): Promise<PasskeyChallenge<PublicKeyCredentialCreationOptionsJSON>> {
    checkOptions("beginRegistration", owner, ["userId", "userName", "displayName"]);
    const userName = boundedString("userName", owner.userName, 1, 254);
    const userDisplayName = boundedString("displayName", owner.displayName ?? userName, 1, 254);
    const userID = new TextEncoder().encode(userIdOption(owner.userId));
    const { store, domain: rpID, name: rpName, userVerification, challengeFor: timeout } = this.#plan;
    const passkeys = await store.passkeys(owner.userId);
    this.#checkLimit(passkeys);
    const { challenge, expiresAt } = await this.#challenge(REGISTRATION, owner.userId);
    const options = await (await library()).generateRegistrationOptions({
      ...{ rpName, rpID, userName, userDisplayName, userID, challenge, timeout },
      attestationType: "none",
      excludeCredentials: passkeys.map(({ id, transports }) => ({ id, transports: [...transports] })),
      authenticatorSelection: { residentKey: "required", userVerification },
    });
    return { options, expiresAt };
  }

  async finishRegistration(userId: string, response: unknown, options: { name?: string } = {}): Promise<PasskeyRecord> {
    checkOptions("finishRegistration", options, ["name"]);
    const name = boundedString("name", options.name ?? "Passkey", 1, 100);
    userIdOption(userId);
    return this.#observed("register", { operation: "add_passkey", actor: userId }, async (note) => {
      const { store, journal, clock } = this.#plan;
      const answer = await this.#answer(REGISTRATION, response, userId);
      const { credential, credentialBackedUp } = await verifyRegistration(this.#plan, answer);
      const passkey: StoredPasskey = {
        ...{ id: credential.id, userId, name, counter: credential.counter, backedUp: credentialBackedUp },
        publicKey: Buffer.from(credential.publicKey).toString("base64url"),
        transports: (credential.transports ?? []).slice(0, 10),
        createdAt: clock.now(),
      };
      await store.transaction(async () => {
        this.#checkLimit(await store.passkeys(userId));
        if (!(await store.createPasskey(passkey))) throw refused("it is registered already, or the account is gone");
        await journal.succeeded({ ...note, subject: passkey.id });
      });
      return recordOf(passkey);
    });
  }

  async beginLogin(): Promise<PasskeyChallenge<PublicKeyCredentialRequestOptionsJSON>> {
    const { domain: rpID, userVerification, challengeFor: timeout } = this.#plan;
    const { challenge, expiresAt } = await this.#challenge(LOGIN);
    const { generateAuthenticationOptions } = await library();
    const options = await generateAuthenticationOptions({ rpID, userVerification, timeout, challenge });
    return { options, expiresAt };
  }

  finishLogin(response: unknown): Promise<PasskeyLogin> {
    return this.#observed("login", { operation: "passkey_login" }, async (note) => {
      const { store, journal, clock } = this.#plan;
      const answer = await this.#answer(LOGIN, response);
      const passkey = await store.findPasskey(answer.id);
      if (passkey === undefined) throw refused("it is not known");
      // A passkey that the browser found by itself always says whose it is (WebAuthn, section 7.2, step 6).
      const handle = Buffer.from(passkey.userId).toString("base64url");
      if (answer.userHandle !== handle) throw refused("it is of another account");
      const { newCounter, credentialDeviceType, userVerified } = await verifyLogin(this.#plan, answer, passkey);
      if (!(await store.usePasskey(passkey.id, newCounter, clock.now()))) throw refused("its counter was used before");
      await journal.succeeded({ ...note, actor: passkey.userId, subject: passkey.id });
      const methods = [credentialDeviceType === "singleDevice" ? "hwk" : "swk", userVerified ? "user" : undefined];
      return {
        userId: passkey.userId,
        passkeyId: passkey.id,
        methods: methods.filter((method) => method !== undefined),
      };
    });
  }

  async list(userId: string): Promise<readonly PasskeyRecord[]> {
    return (await this.#plan.store.passkeys(userIdOption(userId))).map(recordOf);
  }

  async remove(userId: string, id: string): Promise<boolean> {
    const { store, journal } = this.#plan;
    userIdOption(userId);
    boundedString("id", id, 1, 2048);
    const note = { operation: "remove_passkey", actor: userId, subject: id, client: knownClient() };
    return store.transaction(async () => {
      const removed = await store.deletePasskey(userId, id);
      if (removed) await journal.succeeded(note);
      return removed;
    });
  }

  #checkLimit({ length }: readonly StoredPasskey[]): void {
    if (length >= this.#plan.limit) throw refused(`the account has ${length} passkeys`);
  }

  async #challenge(
    purpose: string,
    userId?: string,
  ): Promise<{ challenge: Uint8Array<ArrayBuffer>; expiresAt: number }> {
    const { store, challengeFor, clock } = this.#plan;
    const secret = randomSecret();
    const expiresAt = clock.now() + challengeFor;
    await store.putOnce(withoutUndefined({ hash: hashSecret(secret), purpose, userId, expiresAt }));
    return { challenge: new Uint8Array(Buffer.from(secret, "base64url")), expiresAt };
  }

  /** The challenge is used up here, whether the rest of the answer is right or not. */
  async #answer(purpose: string, response: unknown, userId?: string): Promise<CredentialAnswer> {
    const { store, clock } = this.#plan;
    const answer = readResponse(response);
    if (typeof answer === "string") throw refused(answer);
    const begun = await store.takeOnce(hashSecret(answer.challenge), purpose, clock.now());
    if (begun === undefined || begun.userId !== userId) throw refused("the challenge is unknown, or it took too long");
    return answer;
  }

  async #observed<T>(
    action: "register" | "login",
    about: Pick<Note, "operation" | "actor">,
    work: (note: Note) => Promise<T>,
  ): Promise<T> {
    const note = { ...about, client: knownClient() };
    try {
      const value = await work(note);
      if (passkeyEvent.active) passkeyEvent.emit({ action, outcome: "ok" }, undefined, { user: about.actor });
      return value;
    } catch (error) {
      if (passkeyEvent.active) passkeyEvent.emit({ action, outcome: "failed" }, undefined, { error });
      await this.#plan.journal.refused(note, reasonOf(error));
      throw error;
    }
  }
}

function refused(reason: string): Error {
  return errors.AUTH_PASSKEY_REJECTED({ reason });
}

function userIdOption(value: unknown): string {
  if (typeof value === "string" && value !== "" && value.isWellFormed() && Buffer.byteLength(value) <= LONGEST_USER_ID)
    return value;
  throw new TypeError(`userId must be a string of 1 to ${LONGEST_USER_ID} bytes; got ${showValue(value)}`);
}

function recordOf({ id, name, backedUp, createdAt, lastUsedAt }: StoredPasskey): PasskeyRecord {
  return withoutUndefined({ id, name, backedUp, createdAt, lastUsedAt });
}
