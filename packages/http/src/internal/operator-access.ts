import { errors } from "../errors.ts";
import type { EdgeRequest } from "../messages.ts";
import type { EdgeExchange } from "./exchange-parts.ts";

/** Decides about a caller; only `true` means yes. */
export type Judge = (request: EdgeRequest) => boolean | Promise<boolean>;

/** Whether a caller may use an endpoint. If the function fails, the caller is refused: a probe must not fail because of it. */
export async function isAllowed(judge: Judge | undefined, exchange: EdgeExchange): Promise<boolean> {
  try {
    return (await judge?.(exchange)) === true;
  } catch {
    return false;
  }
}

/** The error for a caller who may not: 401 if there is no principal, otherwise 403. */
export const refusalOf = ({ principal }: EdgeExchange): Error =>
  principal === undefined ? errors.HTTP_UNAUTHENTICATED() : errors.HTTP_FORBIDDEN();
