import { randomBytes } from "node:crypto";
import { isSecret, type Secret, secret } from "@seaworthy/core";
import { checkOptions, signalOption, withDefault } from "@seaworthy/core/options";
import { errors } from "./errors.ts";
import { shown } from "./internal/check.ts";
import { STAGED } from "./internal/staged-name.ts";
import type { Vault } from "./vault.ts";

/** What the steps of a rotation receive. */
export interface RotationStep {
  readonly name: string;
  readonly signal: AbortSignal;
}

/** Options of {@link rotateCredential}. */
export interface RotateCredentialOptions {
  /** Sets `next` at the provider. Must also work the other way round: it is what puts the old value back. */
  apply: (next: Secret<string>, current: Secret<string>, step: RotationStep) => unknown;
  /** Resolves if the provider accepts this value, and rejects (or returns `false`) if it does not. */
  verify: (value: Secret<string>, step: RotationStep) => unknown;
  /** Makes the new value. @default 32 random bytes as base64url */
  generate?: () => string | Secret<string> | Promise<string | Secret<string>>;
  /** Ends waiting for a step; the rotation is then undone. */
  signal?: AbortSignal;
}

/** The result of a rotation. */
export interface Rotation {
  readonly name: string;
  /** The version that holds the new value. */
  readonly version: number;
  /** Whether an earlier rotation, cut short by a crash, was brought to its end instead of a new one begun. */
  readonly resumed: boolean;
}

/**
 * Replaces a credential at its provider and in the vault: keeps the new value as `name~next`, applies it, verifies it,
 * and only then makes it the current version. If a step fails, the old value is applied again and stays current.
 * If the process is killed in between, the next call finds `name~next`, verifies which value the provider accepts, and
 * continues from there.
 * Rotate a name only once at a time: two rotations would undo each other's work at the provider.
 *
 * @throws the signal's reason if it aborts before anything has changed at the provider
 * @throws VAULT_NOT_FOUND if the vault has no such entry
 * @throws VAULT_ROTATION_FAILED with the failure as its cause; `context.restored` says whether the old value is known to
 * hold at the provider. If not, `name~next` is kept, since it may be the one that does.
 * @example
 * ```ts
 * import { memoryStore, openVault, rotateCredential } from "@seaworthy/vault";
 * await using vault = await openVault({ store: memoryStore(), password: "six random words", create: true });
 * await vault.set("database", "old");
 * let atProvider = "old";
 * const { version } = await rotateCredential(vault, "database", {
 *   apply: async (next) => { atProvider = next.reveal(); },
 *   verify: async (value) => value.reveal() === atProvider,
 * });
 * console.log(version); // 2
 * ```
 */
export async function rotateCredential(
  vault: Vault,
  name: string,
  options: RotateCredentialOptions,
): Promise<Rotation> {
  const { generate, signal } = checkRotation(options);
  signal.throwIfAborted();
  const staged = `${name}${STAGED}`;
  // Expired or not: the old value is what a failed rotation goes back to.
  const current = await vault.get(name, { allowExpired: true });
  const steps = { ...options, step: { name, signal } };
  await vault.refresh();
  if (vault.list().some((entry) => entry.name === staged)) {
    const left = await vault.get(staged, { allowExpired: true });
    if (await holds(left, steps)) return adopt(vault, name, left, true);
    // Which value holds is not known unless the old one is seen to; nothing is thrown away before that.
    const refusal = await verified(current, steps).then(
      (isOld) => (isOld ? undefined : new Error("the provider takes neither value")),
      (error: unknown) => error,
    );
    signal.throwIfAborted(); // then neither was really asked for
    if (refusal !== undefined)
      throw errors.VAULT_ROTATION_FAILED(
        { name, restored: false, reason: "neither value holds at the provider" },
        { cause: refusal },
      );
    await vault.remove(staged);
  }
  const next = secret(await generate());
  await vault.set(staged, next);
  try {
    await abortable(signal, async () => options.apply(next, current, steps.step));
    if (!(await verified(next, steps))) throw new Error("the provider does not take the new value");
  } catch (cause) {
    const restored = await restore(current, next, steps);
    // What cannot be removed now, the next rotation sees to; why this one failed is what counts.
    if (restored) await vault.remove(staged).catch(() => undefined);
    throw errors.VAULT_ROTATION_FAILED({ name, restored }, { cause });
  }
  return adopt(vault, name, next, false);
}

interface Steps extends RotateCredentialOptions {
  readonly step: RotationStep;
}

async function adopt(vault: Vault, name: string, next: Secret<string>, resumed: boolean): Promise<Rotation> {
  // Killed after the set: the next call adopts the same value again, which does no harm.
  const { version } = await vault.set(name, next);
  await vault.remove(`${name}${STAGED}`);
  return Object.freeze({ name, version, resumed });
}

async function restore(current: Secret<string>, next: Secret<string>, steps: Steps): Promise<boolean> {
  // Without the caller's signal: it may be what ended the rotation, and this has to be done all the same.
  const patient = { ...steps, step: { ...steps.step, signal: new AbortController().signal } };
  try {
    await patient.apply(current, next, patient.step);
    return await verified(current, patient);
  } catch {
    return holds(current, patient);
  }
}

async function holds(value: Secret<string>, steps: Steps): Promise<boolean> {
  return verified(value, steps).catch(() => false);
}

async function verified(value: Secret<string>, { verify, step }: Steps): Promise<boolean> {
  return (await abortable(step.signal, async () => verify(value, step))) !== false;
}

async function abortable<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work(), promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function checkRotation(
  options: RotateCredentialOptions,
): Required<Pick<RotateCredentialOptions, "generate" | "signal">> {
  checkOptions("rotateCredential", options, ["apply", "verify", "generate", "signal"]);
  const generate = withDefault(options.generate, (): string => randomBytes(32).toString("base64url"));
  for (const [member, value] of Object.entries({ apply: options.apply, verify: options.verify, generate })) {
    if (typeof value !== "function") throw new TypeError(`${member} must be a function; got ${shown(value)}`);
  }
  const signal = signalOption("signal", options.signal) ?? new AbortController().signal;
  return {
    signal,
    generate: async () => {
      const made = await generate();
      const text: unknown = isSecret(made) ? made.reveal() : made;
      if (typeof text !== "string" || text === "")
        throw new TypeError("generate must return a string that is not empty");
      return made;
    },
  };
}
