import { getSystemErrorMap } from "node:util";
import { isSeaworthyError } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { errors } from "../errors.ts";

// Only codes from closed vocabularies leave the process. Any other text of a thrown value may name a host or a user.
const WELL_KNOWN: ReadonlySet<string> = new Set([
  "ENOTFOUND", // of getaddrinfo; not in the system's map of errors
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
]);
/** Beginnings of codes, by whose they are. The rest is upper case, digits and underscores. */
const WELL_KNOWN_PREFIXES: readonly string[] = [
  "EAI_", // getaddrinfo
  "ERR_", // Node.js
  "UND_ERR_", // undici, which is behind fetch
  "CERT_", // OpenSSL
  "UNABLE_TO_", // OpenSSL
];
const CODE = /^[A-Z][A-Z0-9_]{1,63}$/;
const SQLSTATE = /^(?:[0-57][0-9ABDFLPZ]|P0|F0|HV|XX)[0-9A-Z]{3}$/;
const REDIS_REPLY =
  /^(BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|NOAUTH|NOPERM|NOREPLICAS|OOM|READONLY|TRYAGAIN|WRONGPASS)\b/;
const DEEPEST = 5;

/** A stable code for anything that was thrown, which is safe to show. Never throws. */
export function failureCode(thrown: unknown): string {
  let current = thrown;
  for (let depth = 0; depth < DEEPEST && current !== undefined && current !== null; depth++) {
    const code = ownCode(current);
    if (code !== undefined) return code;
    const nested = readMember(current, "errors");
    current = readMember(current, "cause") ?? (Array.isArray(nested) ? nested[0] : undefined);
  }
  return errors.HEALTH_CHECK_FAILED.code;
}

function ownCode(value: unknown): string | undefined {
  if (isSeaworthyError(value)) return value.code;
  const code = readMember(value, "code");
  if (typeof code === "string" && isPublic(code)) return code;
  const name = readMember(value, "name");
  if (name === "TimeoutError" || name === "AbortError") return errors.HEALTH_CHECK_TIMEOUT.code;
  return redisReply(value);
}

/** The first word of an error that a Redis server has sent, if it is one of the documented words. */
export function redisReply(value: unknown): string | undefined {
  const message = readMember(value, "message");
  return typeof message === "string" ? REDIS_REPLY.exec(message)?.[1] : undefined;
}

function isPublic(code: string): boolean {
  if (SQLSTATE.test(code) || WELL_KNOWN.has(code)) return true;
  if (CODE.test(code) && WELL_KNOWN_PREFIXES.some((prefix) => code.startsWith(prefix))) return true;
  for (const [name] of getSystemErrorMap().values()) if (name === code) return true;
  return false;
}
