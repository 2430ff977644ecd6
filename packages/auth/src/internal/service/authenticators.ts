import { isSeaworthyError } from "@seaworthy/core";
import { isObject } from "@seaworthy/core/objects";
import { checkOptions, showValue } from "@seaworthy/core/options";
import type { Auth, AuthPrincipal, AuthRequest, CookieAuthOptions } from "../../auth.ts";
import { errors } from "../../errors.ts";
import { refusedEvent } from "../../telemetry.ts";
import { bearerToken, challenged, isRefusal } from "../bearer.ts";
import { hashSecret } from "../once-secret.ts";
import { knownClient } from "./known-client.ts";
import type { Plan } from "./plan.ts";
import { authenticateToken, usedSession } from "./sessions.ts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** What `edge({ authenticate })` takes. */
export function authenticators(plan: Plan): Pick<Auth, "bearer" | "cookie"> {
  return {
    bearer: () => async (request) => {
      const token = bearerToken(request.header("authorization"));
      return token === undefined ? undefined : challenged(() => authenticateToken(plan, token, addressOf(request)));
    },
    cookie: (options = {}) => {
      const mayCall = originsOf(options);
      return async (request) => {
        const secret = plan.cookie.read(request.header("cookie"));
        if (secret === undefined) return undefined;
        if (mayCall !== undefined && isCrossSite(request, mayCall)) {
          if (refusedEvent.active) refusedEvent.emit({ carrier: "cookie", reason: "cross_site" });
          throw errors.AUTH_CROSS_SITE();
        }
        return principalOfCookie(plan, secret, addressOf(request));
      };
    },
  };
}

/** The edge knows the address of a request before its context does. */
function addressOf({ address }: AuthRequest): string | undefined {
  return address === undefined || address === "" ? knownClient().address : address;
}

/** If a cookie is no longer valid, the request has no principal and is not refused, because the browser sends the cookie to the login page too. */
async function principalOfCookie(
  plan: Plan,
  secret: string,
  address: string | undefined,
): Promise<AuthPrincipal | undefined> {
  const found = await plan.store.findSessionByCookie(hashSecret(secret));
  if (found === undefined) return undefined;
  try {
    return await usedSession(plan, found, address);
  } catch (error) {
    if (!isSeaworthyError(error) || !isRefusal(error)) throw error;
    if (refusedEvent.active) refusedEvent.emit({ carrier: "cookie", reason: error.code });
    return undefined;
  }
}

/** Whether a page of another site may have sent an unsafe request, by the headers that only browsers write. */
function isCrossSite(request: AuthRequest, mayCall: ReadonlySet<string>): boolean {
  if (SAFE.has(request.method)) return false;
  const site = request.header("sec-fetch-site");
  if (site === "same-origin" || site === "none") return false;
  const origin = request.header("origin");
  if (site === undefined && (origin === undefined || isOwn(origin, request.header("host")))) return false;
  return origin === undefined || !mayCall.has(origin);
}

function isOwn(origin: string, host: string | undefined): boolean {
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

/**
 * @throws TypeError if an origin is malformed
 */
function originsOf(options: CookieAuthOptions): ReadonlySet<string> | undefined {
  if (!isObject(options)) throw new TypeError(`cookie: options must be an object; got ${showValue(options)}`);
  checkOptions("cookie", options, ["origins"]);
  const { origins = [] } = options;
  if (origins === false) return undefined;
  if (!Array.isArray(origins)) throw new TypeError(`cookie: origins must be an array; got ${showValue(origins)}`);
  for (const origin of origins)
    if (typeof origin !== "string" || !URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new TypeError(`cookie: an origin must be like "https://example.com"; got ${showValue(origin)}`);
  return new Set(origins);
}
