import { isSeaworthyError } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { requiredFunction } from "@seaworthy/core/options";
import { errors } from "../../errors.ts";
import type { AuthStore } from "../../stores/store.ts";

const METHODS = [
  ...["createUser", "findUser", "findUserByEmail", "updateUser", "replacePasswordHash", "deleteUser"],
  ...["beginAttempt", "undoAttempt", "clearAttempts", "origins", "noteOrigins"],
  ...["replacePendingTotp", "takeTotpStep", "takeRecoveryCode"],
  ...["createSession", "findSession", "findSessionByCookie", "sessions", "touchSession", "updateSession"],
  ...["endSession", "endSessions", "rotateRefresh", "revokeToken", "isTokenRevoked"],
  ...["putOnce", "findOnce", "takeOnce", "dropOnce", "transaction", "removeExpired"],
] as const;

/**
 * The store with failures as `AUTH_STORE_FAILED`. Errors of Seaworthy and the misuse that a `TypeError` reports pass as they
 * are.
 *
 * @throws TypeError if a method is missing
 */
export function guardedStore(store: AuthStore): AuthStore {
  for (const method of METHODS) requiredFunction(`store.${method}`, readMember(store, method));
  const guarded = new Map<PropertyKey, unknown>();
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = readMember(target, name);
      if (!isMethod(member)) return member;
      const known = guarded.get(name) ?? guard(target, member);
      guarded.set(name, known);
      return known;
    },
  });
}

const isMethod = (value: unknown): value is (...args: never[]) => unknown => typeof value === "function";

function guard(store: AuthStore, method: (...args: never[]) => unknown): (...args: never[]) => Promise<unknown> {
  return async (...args) => {
    try {
      return await method.apply(store, args);
    } catch (cause) {
      if (isSeaworthyError(cause) || cause instanceof TypeError) throw cause;
      throw errors.AUTH_STORE_FAILED({}, { cause });
    }
  };
}
