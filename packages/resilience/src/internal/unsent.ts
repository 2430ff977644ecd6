import { readMember } from "@seaworthy/core/objects";

// A name that does not resolve, and a connection that was not made: the request cannot have reached anybody.
const BEFORE_SENDING: readonly unknown[] = [
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
];
const CALLS: readonly unknown[] = ["connect", "getaddrinfo", undefined];
const neverSent = new WeakSet<object>();

/** Whether this failure of `fetch` came before a connection was made. */
export function isNeverSent(error: unknown): error is object {
  const cause = readMember(error, "cause");
  return BEFORE_SENDING.includes(readMember(cause, "code")) && CALLS.includes(readMember(cause, "syscall"));
}

/** Notes that the request behind this failure was not sent, so that it may be repeated whatever its method. */
export function markNeverSent<E extends object>(error: E): E {
  neverSent.add(error);
  return error;
}

/** Whether the failure was given to {@link markNeverSent}. */
export function wasNeverSent(error: unknown): boolean {
  return typeof error === "object" && error !== null && neverSent.has(error);
}
