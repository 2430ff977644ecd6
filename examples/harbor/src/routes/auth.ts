import type { Auth, AuthPrincipal } from "@seaworthy/auth";
import { currentContext } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { reply } from "@seaworthy/http";
import { z } from "zod";
import type { FirstAdministrator } from "../identity/first-administrator.ts";
import type { Mount } from "./mount.ts";

const email = z.email().max(254);
const password = z.string().max(1024); // what else it has to be, auth decides
const token = z.string().max(1024);
const code = z.string().max(64);
const registration = z.strictObject({ email, password });
const login = z.strictObject({ email, password, totp: code.optional(), device: z.string().min(1).max(200).optional() });

/** Every registered account has this permission, which routes need that are about the caller's own account. */
const own = { permission: "account:own" } as const;

/** The account whose request is handled. The permission of the route has seen to it that there is one. */
const caller = (): AuthPrincipal => currentContext().principal as AuthPrincipal;

/** The routes for accounts: registration, login, sessions, passwords and the second factor. */
export function authRoutes(mount: Mount, auth: Auth, first: FirstAdministrator): void {
  mount("post", "/auth/register", { body: registration }, async ({ body }) =>
    reply(202, await auth.register(body, { roles: ["member"] })),
  );
  mount("post", "/auth/verify-email", { body: z.strictObject({ token }) }, ({ body }) => auth.verifyEmail(body.token));
  mount("post", "/auth/login", { body: login }, ({ body }) => auth.login(withoutUndefined(body)));
  mount("post", "/auth/refresh", { body: z.strictObject({ refreshToken: token }) }, ({ body }) =>
    auth.refresh(body.refreshToken),
  );
  mount("post", "/auth/password-reset", { body: z.strictObject({ email }) }, async ({ body }) => {
    await auth.requestPasswordReset(body);
    return reply(202, { status: "requested" });
  });
  mount("post", "/auth/password", { body: z.strictObject({ token, password }) }, ({ body }) =>
    auth.resetPassword(body),
  );
  mount("post", "/auth/logout", own, async () => void (await auth.logout(caller().sessionId)));
  mount("get", "/auth/me", own, () => auth.findUser(caller().id));
  mount("get", "/auth/sessions", own, async () => ({ sessions: await auth.sessions(caller().id) }));
  mount("delete", "/auth/sessions", own, async () => ({ ended: await auth.logoutAll(caller().id) }));
  mount("post", "/auth/totp", own, () => auth.enrolTotp(caller().id));
  mount("post", "/auth/totp/confirm", { body: z.strictObject({ code }), ...own }, ({ body }) =>
    auth.confirmTotp(caller().id, body.code),
  );
  mount("post", "/auth/totp/disable", { body: z.strictObject({ code }), ...own }, ({ body }) =>
    auth.disableTotp(caller().id, body.code),
  );
  mount("post", "/auth/first-administrator", { body: z.strictObject({ code }), ...own }, ({ body }) =>
    first.claim(caller().id, body.code),
  );
}
