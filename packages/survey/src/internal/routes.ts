import type { Ask } from "../drive/exchange.ts";
import type { LoginAsk, RouteAsk } from "../options.ts";
import type { AuditRun } from "../run.ts";

/** The route that is put under load, or `undefined` if no route is known that answers with 2xx. */
export async function mainRoute({ target }: AuditRun): Promise<RouteAsk | undefined> {
  return (await target.instance()).found.routes[0];
}

/** A route that takes a body as JSON, or the best guess. */
export async function bodyRoute({ target, options }: AuditRun): Promise<RouteAsk | undefined> {
  const { found } = await target.instance();
  const taking = found.routes.find(({ body }) => body !== undefined);
  if (taking !== undefined) return taking;
  return options.login === undefined ? undefined : loginAsk(options.login, options.login.password);
}

/** A login with a password. */
export function loginAsk({ method = "POST", path, body }: LoginAsk, password: string): RouteAsk & Ask {
  const text = JSON.stringify(body).replaceAll("{password}", JSON.stringify(password).slice(1, -1));
  return { method, path, body: JSON.parse(text) };
}
