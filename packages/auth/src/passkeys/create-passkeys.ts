import {
  boundedString,
  checkOptions,
  clockOption,
  finiteNumber,
  integer,
  oneOf,
  positiveDuration,
  requiredFunction,
  showValue,
} from "@seaworthy/core/options";
import { WebAuthn } from "../internal/passkeys/web-authn.ts";
import { Journal } from "../internal/service/journal.ts";
import type { Passkeys, PasskeysOptions } from "./passkeys.ts";

const OPTIONS = ["store", "domain", "name", "origins", "userVerification", "challengeFor", "limit", "audit", "clock"];
const STORE = [
  ...(["putOnce", "takeOnce", "createPasskey", "findPasskey"] as const),
  ...(["passkeys", "usePasskey", "deletePasskey", "transaction"] as const),
];
const DOMAIN = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;
const LONGEST_CHALLENGE = 3_600_000;

/**
 * Passkeys (WebAuthn): registration, and login without a user name. It needs the package `@simplewebauthn/server`.
 *
 * A login says which account it was. The host opens a session for this account.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { memoryAuthStore } from "@seaworthy/auth";
 * import { createPasskeys } from "@seaworthy/auth/passkeys";
 * const passkeys = createPasskeys({ store: memoryAuthStore(), domain: "example.com", name: "Shop" });
 * const { options } = await passkeys.beginLogin();
 * console.log(options.rpId, options.userVerification); // example.com required
 * ```
 */
export function createPasskeys(options: PasskeysOptions): Passkeys {
  checkOptions("createPasskeys", options, OPTIONS);
  const { store, domain, userVerification = "required", limit = 20, challengeFor = "5m" } = options;
  for (const method of STORE) requiredFunction(`store.${method}`, store?.[method]);
  if (typeof domain !== "string" || !DOMAIN.test(domain))
    throw new TypeError(`domain must be a domain in lower case, such as "example.com"; got ${showValue(domain)}`);
  const duration = positiveDuration("challengeFor", challengeFor);
  if (options.audit !== undefined) requiredFunction("audit.record", options.audit?.record);
  return new WebAuthn({
    journal: new Journal(store, options.audit),
    store,
    domain,
    name: boundedString("name", options.name, 1, 200),
    origins: originsOption(options.origins ?? [`https://${domain}`], domain),
    userVerification: oneOf("userVerification", userVerification, ["required", "preferred"]),
    challengeFor: finiteNumber("challengeFor in milliseconds", duration, 1, LONGEST_CHALLENGE),
    limit: integer("limit", limit, 1, 100),
    clock: clockOption("clock", options.clock),
  });
}

function originsOption(origins: unknown, domain: string): string[] {
  const fits = (origin: unknown): boolean => {
    if (typeof origin !== "string" || !URL.canParse(origin)) return false;
    const { protocol, hostname, origin: plain } = new URL(origin);
    const within = hostname === domain || hostname.endsWith(`.${domain}`);
    const local = hostname === "localhost" || hostname.endsWith(".localhost");
    return plain === origin && within && (protocol === "https:" || (protocol === "http:" && local));
  };
  if (Array.isArray(origins) && origins.length > 0 && origins.every(fits)) return [...origins];
  throw new TypeError(
    `origins must be an array of origins of ${domain}, such as "https://${domain}"; got ${showValue(
      Array.isArray(origins) ? origins.find((origin) => !fits(origin)) : origins,
    )}`,
  );
}
