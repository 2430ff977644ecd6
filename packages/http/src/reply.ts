import { validateHeaderName, validateHeaderValue } from "node:http";
import { replies } from "./internal/replies.ts";

/** A whole reply; see {@link reply}. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  /** An array is a header that is sent several times, such as `Set-Cookie`. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * A reply with a status and headers of its own. What a handler returns otherwise is sent as JSON with 200; nothing is 204.
 *
 * @param body - sent as JSON; `undefined` sends none
 * @throws TypeError if `status` is not from 200 to 599, or a header could not be sent
 * @example
 * ```ts
 * import { reply } from "@seaworthy/http";
 * console.log(reply(201, { id: 7 }, { location: "/orders/7" }).status); // 201
 * ```
 */
export function reply(status: number, body?: unknown, headers: Reply["headers"] = {}): Reply {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new TypeError(`status must be from 200 to 599; got ${String(status)}`);
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    for (const one of [value].flat()) validateHeaderValue(name, one);
  }
  const made = Object.freeze({ status, body, headers });
  replies.add(made);
  return made;
}
