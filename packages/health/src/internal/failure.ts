import { getSystemErrorMap } from "node:util";
import { isSeaworthyError } from "@seaworthy/core";
import { errors } from "../errors.ts";

// Only codes from closed vocabularies leave the process. Anything else a thrown value carries may name a host or a user.
const WELL_KNOWN =
  /^(?:ENOTFOUND|EAI_[A-Z]{1,16}|ERR_[A-Z0-9_]{1,60}|UND_ERR_[A-Z0-9_]{1,40}|CERT_[A-Z_]{1,40}|UNABLE_TO_[A-Z_]{1,60}|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN)$/;
const SQLSTATE = /^(?:[0-57][0-9ABDFLPZ]|P0|F0|HV|XX)[0-9A-Z]{3}$/;
const REDIS_REPLY =
  /^(BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|NOAUTH|NOPERM|NOREPLICAS|OOM|READONLY|TRYAGAIN|WRONGPASS)\b/;
const DEEPEST = 5;

/** The class of a failure as a stable code that is safe to show, whatever was thrown. Never throws. */
export function failureCode(thrown: unknown): string {
  let current = thrown;
  for (let depth = 0; depth < DEEPEST && current !== undefined && current !== null; depth++) {
    const code = ownCode(current);
    if (code !== undefined) return code;
    const nested = read(current, "errors");
    current = read(current, "cause") ?? (Array.isArray(nested) ? nested[0] : undefined);
  }
  return errors.HEALTH_CHECK_FAILED.code;
}

function ownCode(value: unknown): string | undefined {
  if (isSeaworthyError(value)) return value.code;
  const code = read(value, "code");
  if (typeof code === "string" && isPublic(code)) return code;
  const name = read(value, "name");
  if (name === "TimeoutError" || name === "AbortError") return errors.HEALTH_CHECK_TIMEOUT.code;
  return redisReply(value);
}

/** The first word of an error that a Redis server sent, where it is one of its documented ones. */
export function redisReply(value: unknown): string | undefined {
  const message = read(value, "message");
  return typeof message === "string" ? REDIS_REPLY.exec(message)?.[1] : undefined;
}

function isPublic(code: string): boolean {
  if (WELL_KNOWN.test(code) || SQLSTATE.test(code)) return true;
  for (const [name] of getSystemErrorMap().values()) if (name === code) return true;
  return false;
}

function read(value: unknown, key: string): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined; // a getter or Proxy trap that throws has nothing to tell
  }
}
