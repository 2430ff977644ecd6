// Accounts behind the edge: what the service of @seaworthy/auth decides, as HTTP.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestAuth, testAuth } from "@seaworthy/auth/testing";
import type { Limiter } from "@seaworthy/core";
import { edge, type NodeEdge } from "@seaworthy/http/node";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";

const ada = { email: "ada@example.com", password: "correct horse battery staple" };
const LoginAnswer = z.object({ accessToken: z.string(), user: z.object({ id: z.string() }), session: z.unknown() });
let server: Server | undefined;
let t: TestAuth;

/** A service with a login and a route that needs a permission. */
async function serve(
  kind: "bearer" | "cookie",
  limiter?: Limiter,
): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  t = await testAuth(limiter === undefined ? {} : { limiter });
  const { auth } = t;
  await auth.register(ada, { roles: ["reader"] });
  const front: NodeEdge = edge({
    authenticate: auth[kind](),
    can: ({ roles }, permission) => roles?.includes("editor") === true && permission === "orders:write",
  });
  const login = front.route(
    { body: z.object({ email: z.string(), password: z.string() }) },
    async ({ body }, _, response) => {
      if (kind === "bearer") return auth.login(body);
      const { cookie, user } = await auth.loginWithCookie(body);
      response.setHeader("set-cookie", cookie);
      return user;
    },
  );
  const write = front.route({ permission: "orders:write" }, () => ({ written: true }));
  server = createServer(
    front.handle((request, response) => (request.url === "/login" ? login : write)(request, response)),
  ).listen(0, "127.0.0.1");
  await new Promise((resolve) => server?.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init);
}
const posted = (body: object, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: { "content-type": "application/json", "user-agent": "Firefox/1", ...headers },
});

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  await t.auth.close();
});

describe("accounts behind the edge", () => {
  test("a token opens a route as soon as the role allows it, and until its session ends", async () => {
    const call = await serve("bearer");
    const login = LoginAnswer.parse(await (await call("/login", posted(ada))).json());
    expect(login.session).toMatchObject({ address: "127.0.0.1", userAgent: "Firefox/1" });
    const write = (token?: string): Promise<Response> =>
      call("/orders", posted({}, token === undefined ? {} : { authorization: `Bearer ${token}` }));
    const anonymous = await write();
    expect([anonymous.status, anonymous.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect((await write(login.accessToken)).status).toBe(403);
    await t.auth.setRoles(login.user.id, ["editor"]);
    expect(await (await write(login.accessToken)).json()).toEqual({ written: true });
    await t.auth.setStatus(login.user.id, "suspended");
    const refused = await write(login.accessToken);
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toBe(
      'Bearer error="invalid_token", error_description="The token has been revoked"',
    );
    expect(await refused.json()).toMatchObject({ code: "AUTH_TOKEN_REVOKED", status: 401 });
  });

  test("a failed login is a problem that does not say why, and a used-up budget says when to try again", async () => {
    let left = 2;
    const limiter: Limiter = {
      consume: async () => {
        const allowed = left-- > 0;
        return { allowed, limit: 1, remaining: 0, resetAfter: 0, retryAfter: allowed ? 0 : 30_000 };
      },
    };
    const call = await serve("bearer");
    const wrong = await call("/login", posted({ ...ada, password: "wrong" }));
    const unknown = await call("/login", posted({ ...ada, email: "bob@example.com" }));
    const shown = async (answer: Response): Promise<string> =>
      (await answer.text()).replace(/"correlationId":"[^"]+"/, "");
    const body = await shown(wrong);
    expect(JSON.parse(body.replace(",}", "}"))).toMatchObject({ status: 401, code: "AUTH_INVALID_CREDENTIALS" });
    expect(await shown(unknown)).toBe(body);
    server?.close();
    await t.auth.close();
    const limited = await serve("bearer", limiter);
    const refused = await limited("/login", posted(ada));
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "30"]);
  });

  test("a cookie opens the route for its own pages, and not for those of other sites", async () => {
    const call = await serve("cookie");
    const answer = await call("/login", posted(ada));
    const [cookie = ""] = (answer.headers.get("set-cookie") ?? "").split(";");
    const { id } = z.object({ id: z.string() }).parse(await answer.json());
    await t.auth.setRoles(id, ["editor"]);
    const own = await call("/orders", posted({}, { cookie, "sec-fetch-site": "same-origin" }));
    expect(await own.json()).toEqual({ written: true });
    const other = await call(
      "/orders",
      posted({}, { cookie, "sec-fetch-site": "cross-site", origin: "https://evil.example" }),
    );
    expect(other.status).toBe(403);
    await t.auth.logoutAll(id);
    expect((await call("/orders", posted({}, { cookie, "sec-fetch-site": "same-origin" }))).status).toBe(401);
  });
});
