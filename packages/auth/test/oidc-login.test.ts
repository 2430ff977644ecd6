import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type AuditEntry, runWithContext, secret } from "@seaworthy/core";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { importJWK, SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AuthStore, memoryAuthStore } from "../src/index.ts";
import { createOidcLogin, type OidcLogin, type OidcLoginOptions, type OidcStart } from "../src/oidc.ts";
import { CLIENT, startProvider, type TestProvider } from "./provider.ts";

const REJECTED = expect.objectContaining({ code: "AUTH_OIDC_REJECTED", status: 401 });
const UNLINKED = expect.objectContaining({ code: "AUTH_IDENTITY_UNLINKED", status: 403 });
const ADA = { sub: "u-1", email: "ada@example.com", email_verified: true };

let provider: TestProvider;
let store: AuthStore;
let created = 0;
beforeAll(async () => {
  provider = await startProvider();
});
beforeEach(() => {
  const memory = memoryAuthStore();
  created = 0;
  const createUser: AuthStore["createUser"] = async (account) => {
    const isNew = await memory.createUser(account);
    if (isNew) created++;
    return isNew;
  };
  store = { ...memory, createUser };
  provider.user = { ...ADA };
  provider.fault = undefined;
});
afterAll(() => provider[Symbol.asyncDispose]());

function create(change: Partial<OidcLoginOptions> = {}): OidcLogin {
  return createOidcLogin({
    store,
    issuer: provider.issuer,
    clientId: CLIENT.client_id,
    clientSecret: secret(String(CLIENT.client_secret)),
    redirectUri: "http://localhost/login/back",
    ...change,
  });
}

/** What a browser does: follows the redirects, and comes back with the cookie. */
async function visit({ url, binding }: OidcStart): Promise<{ url: string; binding: string }> {
  return { url: await provider.follow(url), binding };
}

const user = (id: string, more: object = {}) => ({
  ...({ id, email: "ada@example.com", status: "active", roles: [], createdAt: 1, failures: 0 } as const),
  ...more,
});

describe("a login through oidc-provider", () => {
  test("the request has PKCE with S256, a state and a nonce, all of them random", async () => {
    const login = create();
    const [first, second] = await Promise.all([login.begin(), login.begin()]);
    const one = new URL(first.url).searchParams;
    const two = new URL(second.url).searchParams;
    expect(Object.fromEntries(one)).toMatchObject({
      client_id: "shop",
      response_type: "code",
      redirect_uri: "http://localhost/login/back",
      scope: "openid email",
      code_challenge_method: "S256",
    });
    for (const name of ["state", "nonce", "code_challenge"]) {
      expect(one.get(name)).toHaveLength(43);
      expect(one.get(name)).not.toBe(two.get(name));
    }
    expect(first.binding).not.toBe(second.binding);
    expect(first.url).not.toContain(first.binding);
  });

  test("a first login creates an account with the verified address, and the next one finds it", async () => {
    const login = create();
    const first = await login.finish(await visit(await login.begin({ returnTo: "/orders?page=2" })));
    expect(first).toMatchObject({ issuer: provider.issuer, subject: "u-1", created: true, linked: true });
    expect(first.returnTo).toBe("/orders?page=2");
    expect(first.claims).toMatchObject({ sub: "u-1", aud: "shop", email: "ada@example.com" });
    const account = await store.findUser(first.userId);
    expect(account).toMatchObject({ email: "ada@example.com", status: "active", roles: [] });
    expect(account?.emailVerifiedAt).toBeTypeOf("number");
    expect(account).not.toHaveProperty("passwordHash");
    // The address at the provider may change; its subject does not.
    provider.user.email = "countess@example.com";
    const second = await login.finish(await visit(await login.begin()));
    expect(second).toMatchObject({ userId: first.userId, created: false, linked: false });
    expect(created).toBe(1);
  });

  test("a public client logs in with PKCE alone, and a secret can be sent in the body", async () => {
    const redirect_uris = ["http://localhost/login/back"];
    await using other = await startProvider({}, [
      { client_id: "app", token_endpoint_auth_method: "none", redirect_uris },
      { ...CLIENT, token_endpoint_auth_method: "client_secret_post" },
    ]);
    for (const [clientId, clientSecret] of [["app"], ["shop", String(CLIENT.client_secret)]] as const) {
      const login = createOidcLogin({
        ...{ store: memoryAuthStore(), issuer: other.issuer, redirectUri: "http://localhost/login/back" },
        ...{ clientId, clientAuthentication: "client_secret_post" },
        ...(clientSecret === undefined ? {} : { clientSecret }),
      });
      const { url, binding } = await login.begin();
      expect((await login.finish({ url: await other.follow(url), binding })).created).toBe(true);
    }
  });

  test("the address comes from the ID token, or else from userinfo", async () => {
    const login = create();
    await login.finish(await visit(await login.begin()));
    expect(provider.requests).toContain("/me");
    await using other = await startProvider({ conformIdTokenClaims: false });
    const second = create({ issuer: other.issuer, store: memoryAuthStore() });
    const { url, binding } = await second.begin();
    expect((await second.finish({ url: await other.follow(url), binding })).created).toBe(true);
    expect(other.requests).not.toContain("/me");
  });

  test("the end of a login is an event", async () => {
    const login = create();
    using telemetry = captureTelemetry();
    const { userId } = await login.finish(await visit(await login.begin()));
    await expect(login.finish({ url: "/", binding: "x" })).rejects.toEqual(REJECTED);
    expect(telemetry.of("auth.oidc_login")).toMatchObject([
      { labels: { outcome: "ok" }, details: { issuer: provider.issuer, user: userId } },
      { labels: { outcome: "failed" }, details: { issuer: provider.issuer, error: { code: "AUTH_OIDC_REJECTED" } } },
    ]);
  });
});

describe("the trail", () => {
  const entries: AuditEntry[] = [];
  const audit = { record: async (entry: AuditEntry) => void entries.push(entry) };
  beforeEach(() => void entries.splice(0));

  test("has an entry about each login, with the address of the client", async () => {
    const login = create({ audit });
    const client = { address: "192.0.2.1", userAgent: "Browser" };
    const { userId } = await runWithContext({ client }, async () => login.finish(await visit(await login.begin())));
    await expect(login.finish({ url: "/", binding: "x" })).rejects.toEqual(REJECTED);
    const { issuer } = provider;
    expect(entries).toEqual([
      {
        type: "auth.provider_login",
        outcome: "success",
        actor: userId,
        ...client,
        data: { issuer, created: true, linked: true },
      },
      { type: "auth.provider_login", outcome: "denied", data: { issuer, reason: "AUTH_OIDC_REJECTED" } },
    ]);
  });

  test("that cannot be written lets no account come into being", async () => {
    const failing = { record: () => Promise.reject(new Error("the disk is full")) };
    const login = create({ audit: failing });
    await expect(login.finish(await visit(await login.begin()))).rejects.toThrow("the disk is full");
    expect(await store.findUserByEmail("ada@example.com")).toBeUndefined();
    expect(await store.findIdentity(provider.issuer, "u-1")).toBeUndefined();
  });
});

describe("an answer that does not belong to the login", () => {
  test("is refused without the cookie, or with the cookie of another browser", async () => {
    const login = create();
    const [mine, theirs] = [await login.begin(), await login.begin()];
    const { url } = await visit(mine);
    await expect(login.finish({ url, binding: undefined })).rejects.toEqual(REJECTED);
    await expect(login.finish({ url, binding: theirs.binding })).rejects.toEqual(REJECTED);
    await expect(login.finish({ url, binding: "x".repeat(10_000) })).rejects.toEqual(REJECTED);
    expect((await login.finish({ url, binding: mine.binding })).subject).toBe("u-1");
  });

  test("is accepted once, also if it comes twice at the same time", async () => {
    const login = create();
    const answer = await visit(await login.begin());
    const outcomes = await Promise.allSettled([login.finish(answer), login.finish(answer), login.finish(answer)]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(login.finish(answer)).rejects.toEqual(REJECTED);
  });

  test("is refused after ten minutes", async () => {
    const clock = manualClock(Date.now());
    const login = create({ clock });
    const start = await login.begin();
    expect(start.expiresAt).toBe(clock.now() + 600_000);
    const answer = await visit(start);
    await clock.advance("10m");
    await expect(login.finish(answer)).rejects.toEqual(REJECTED);
  });

  test("is refused if its code was made for another login", async () => {
    const login = create();
    const [one, two] = [await login.begin(), await login.begin()];
    const [mine, injected] = [new URL((await visit(one)).url), new URL((await visit(two)).url)];
    mine.searchParams.set("code", String(injected.searchParams.get("code")));
    await expect(login.finish({ url: mine.href, binding: one.binding })).rejects.toEqual(REJECTED);
  });

  test("is refused if it names another issuer, or none although the provider promises it (RFC 9207)", async () => {
    const login = create();
    for (const iss of ["https://evil.example", ""]) {
      const start = await login.begin();
      const url = new URL((await visit(start)).url);
      expect(url.searchParams.get("iss")).toBe(provider.issuer);
      if (iss === "") url.searchParams.delete("iss");
      else url.searchParams.set("iss", iss);
      const before = provider.requests.filter((path) => path === "/token").length;
      await expect(login.finish({ url: url.href, binding: start.binding })).rejects.toEqual(REJECTED);
      expect(provider.requests.filter((path) => path === "/token")).toHaveLength(before);
    }
  });

  test("is refused at another provider that shares the store", async () => {
    await using other = await startProvider();
    const [login, second] = [create(), create({ issuer: other.issuer })];
    const start = await login.begin();
    await expect(second.finish(await visit(start))).rejects.toEqual(REJECTED);
  });

  test("is refused if the user said no, and the error says so", async () => {
    const login = create();
    const { url, binding } = await login.begin();
    const back = new URL("http://localhost/login/back");
    const state = String(new URL(url).searchParams.get("state"));
    back.search = new URLSearchParams({ error: "access_denied", state, iss: provider.issuer }).toString();
    await expect(login.finish({ url: back.href, binding })).rejects.toMatchObject({
      code: "AUTH_OIDC_REJECTED",
      context: { error: "access_denied" },
    });
  });

  test.each(["", "/", "/login/back?state=", "/login/back?state=1&state=2&code=3", "http://[", "/?".padEnd(9000, "a")])(
    "is refused as %j",
    async (url) => {
      const login = create();
      const { binding } = await login.begin();
      await expect(login.finish({ url, binding })).rejects.toEqual(REJECTED);
    },
  );
});

describe("an ID token that is not right", () => {
  const now = (): number => Math.floor(Date.now() / 1000);
  const wrong: Record<string, Record<string, unknown>> = {
    "for another client": { aud: "other" },
    "of another issuer": { iss: "https://evil.example" },
    "with another nonce": { nonce: "x" },
    "without a nonce": { nonce: undefined },
    "that has expired": { exp: 1_000_000_000 },
    "without a subject": { sub: undefined },
  };

  /** The provider's token endpoint answers with an ID token of this content. */
  async function answerWith(
    claims: Record<string, unknown>,
    header: { alg?: string; forged?: boolean } = {},
  ): Promise<void> {
    const own = provider.key();
    const key = header.forged === true ? (await startProvider()).key() : own;
    const signing = await importJWK(key, "RS256");
    const token = await new SignJWT({
      iss: provider.issuer,
      aud: "shop",
      sub: "u-1",
      iat: now(),
      exp: now() + 60,
      ...claims,
    })
      .setProtectedHeader({ alg: "RS256", kid: String(own.kid) })
      .sign(signing);
    const [, ...rest] = token.split(".");
    const id =
      header.alg === undefined
        ? token
        : [Buffer.from(JSON.stringify({ alg: header.alg })).toString("base64url"), ...rest].join(".");
    provider.fault = (request, response) => {
      response.setHeader("content-type", "application/json");
      if (request.url === "/token")
        return void response.end(JSON.stringify({ access_token: "a", token_type: "bearer", id_token: id }));
      const { d, p, q, dp, dq, qi, ...open } = own;
      response.end(JSON.stringify({ keys: [open] }));
    };
  }

  async function begun(): Promise<{ login: OidcLogin; answer: { url: string; binding: string }; nonce: string }> {
    const login = create();
    const start = await login.begin();
    return { login, answer: await visit(start), nonce: String(new URL(start.url).searchParams.get("nonce")) };
  }

  test("the rig itself makes one that is accepted", async () => {
    const { login, answer, nonce } = await begun();
    await answerWith({ nonce, email: "ada@example.com", email_verified: true });
    expect((await login.finish(answer)).created).toBe(true);
  });

  test.each(Object.keys(wrong))("one %s is refused", async (name) => {
    const { login, answer, nonce } = await begun();
    await answerWith({ nonce, email: "ada@example.com", email_verified: true, ...wrong[name] });
    await expect(login.finish(answer)).rejects.toEqual(REJECTED);
    expect(created).toBe(0);
  });

  test("one that was signed with another key is refused", async () => {
    const { login, answer, nonce } = await begun();
    await answerWith({ nonce, email: "ada@example.com", email_verified: true }, { forged: true });
    await expect(login.finish(answer)).rejects.toEqual(REJECTED);
  });

  test.each(["none", "HS256", "PS256"])("one that says %s in its header is refused", async (alg) => {
    const { login, answer, nonce } = await begun();
    await answerWith({ nonce, email: "ada@example.com", email_verified: true }, { alg });
    await expect(login.finish(answer)).rejects.toEqual(REJECTED);
  });
});

describe("which account a login belongs to", () => {
  const finish = async (login: OidcLogin, linkTo?: string) =>
    login.finish(await visit(await login.begin(linkTo === undefined ? {} : { linkTo })));

  test.each([
    ["an address that is not verified", { email_verified: false }],
    ["an address about which the provider says nothing", { email_verified: undefined }],
    ["the word true as a string", { email_verified: "true" }],
    ["no address", { email: undefined }],
    ["something that is not an address", { email: "ada" }],
  ])("%s neither creates nor links an account", async (_, change) => {
    provider.user = { ...ADA, ...change };
    await store.createUser(user("a-1", { emailVerifiedAt: 1 }));
    await expect(finish(create({ linkByEmail: true }))).rejects.toEqual(UNLINKED);
    expect(created).toBe(1);
    expect(await store.findIdentity(provider.issuer, "u-1")).toBeUndefined();
  });

  test("an account that has the address is not linked, unless the host trusts the provider with that", async () => {
    await store.createUser(user("a-1", { emailVerifiedAt: 1 }));
    await expect(finish(create())).rejects.toEqual(UNLINKED);
    provider.user.email = "ADA@Example.com";
    expect(await finish(create({ linkByEmail: true }))).toMatchObject({ userId: "a-1", created: false, linked: true });
    expect(await finish(create())).toMatchObject({ userId: "a-1", linked: false });
  });

  test("an account that somebody registered with the address, but never verified it, is not linked", async () => {
    await store.createUser(user("a-1", { status: "pending" }));
    await expect(finish(create({ linkByEmail: true }))).rejects.toEqual(UNLINKED);
  });

  test("a user who is logged in links the provider, also with an address that is not verified", async () => {
    provider.user = { sub: "u-1" };
    await store.createUser(user("a-1"));
    expect(await finish(create(), "a-1")).toMatchObject({ userId: "a-1", created: false, linked: true });
    expect(await finish(create(), "a-1")).toMatchObject({ userId: "a-1", linked: false });
    await store.createUser(user("a-2", { email: "other@example.com" }));
    await expect(finish(create(), "a-2")).rejects.toMatchObject({ code: "AUTH_IDENTITY_TAKEN", status: 409 });
  });

  test("an account that was removed in the meantime is not linked", async () => {
    await expect(finish(create(), "a-7")).rejects.toEqual(UNLINKED);
  });

  test("without createAccounts, only linked users log in", async () => {
    await expect(finish(create({ createAccounts: false }))).rejects.toEqual(UNLINKED);
    expect(created).toBe(0);
  });

  test("two first logins at the same time create one account", async () => {
    const login = create();
    const answers = [await visit(await login.begin()), await visit(await login.begin())];
    const outcomes = await Promise.allSettled(answers.map((answer) => login.finish(answer)));
    expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
    expect(created).toBe(1);
  });

  test("the same subject of another provider is another user", async () => {
    await using other = await startProvider();
    other.user = { ...ADA, email: "eve@example.com" };
    const ours = await finish(create());
    const login = create({ issuer: other.issuer });
    const { url, binding } = await login.begin();
    const theirs = await login.finish({ url: await other.follow(url), binding });
    expect(theirs.subject).toBe(ours.subject);
    expect(theirs.userId).not.toBe(ours.userId);
  });
});

describe("a provider that does not answer", () => {
  const UNAVAILABLE = expect.objectContaining({ code: "AUTH_ISSUER_UNAVAILABLE", status: 503, retryable: true });

  test("a login cannot begin while its metadata is not known", async () => {
    provider.fault = (_, response) => response.destroy();
    await expect(create().begin()).rejects.toEqual(UNAVAILABLE);
  });

  test.each([
    ["is down", (_: unknown, response: { destroy(): void }) => response.destroy()],
    ["hangs", () => undefined],
    [
      "answers with 503",
      (_: unknown, response: import("node:http").ServerResponse) => void response.writeHead(503).end("x"),
    ],
  ])("the code cannot be exchanged while it %s", async (_, fault) => {
    const login = create({ timeout: 200 });
    const answer = await visit(await login.begin());
    provider.fault = fault;
    await expect(login.finish(answer)).rejects.toEqual(UNAVAILABLE);
  });

  test("a provider that refuses this client is an error of the configuration", async () => {
    const login = create({ clientSecret: "wrong" });
    await expect(login.finish(await visit(await login.begin()))).rejects.toMatchObject({
      code: "AUTH_ISSUER_INVALID",
      message: expect.stringContaining("refuses this client"),
    });
  });

  test("metadata that names another issuer is refused before the browser is sent anywhere", async () => {
    const evil = createServer((_, response) => void response.end(JSON.stringify({ issuer: provider.issuer })));
    await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
    const issuer = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`;
    await expect(create({ issuer }).begin()).rejects.toMatchObject({ code: "AUTH_ISSUER_INVALID" });
    evil.close();
  });
});

describe("what cannot work", () => {
  test.each([
    [{ clientId: "" }, /clientId must be/],
    [{ clientSecret: "" }, /clientSecret must be/],
    [{ redirectUri: "http://shop.example/back" }, /redirectUri must be/],
    [{ scopes: ["email"] }, /scopes must be an array of scopes with "openid"/],
    [{ scopes: ["openid", "a b"] }, /scopes must be/],
    [{ algorithm: "HS256" }, /algorithm must be/],
    [{ stateFor: "2h" }, /stateFor in milliseconds must be a number from 1 to 3600000/],
    [{ store: {} }, /store.putOnce must be a function/],
    [{ linkByEmail: 1 }, /linkByEmail must be a boolean/],
    [{ jwksUri: "https://a.b" }, /has no option "jwksUri"/],
  ])("the options %j", (change, message) => {
    expect(() => create(change as Partial<OidcLoginOptions>)).toThrow(message as RegExp);
  });

  test("an error about the client secret does not show it", () => {
    const clientSecret = "s".repeat(2000);
    expect(() => create({ clientSecret })).toThrow(
      /^clientSecret must be a string or a secret of 1 to 1024 characters$/,
    );
  });

  test.each(["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "orders", "", "/ä"])(
    "a return to %j",
    async (returnTo) => {
      await expect(create().begin({ returnTo })).rejects.toThrow(/returnTo must be a path of this site/);
    },
  );

  test("parameters that belong to the flow", async () => {
    await expect(create().begin({ parameters: { redirect_uri: "https://evil.example" } })).rejects.toThrow(
      /parameters must not have redirect_uri/,
    );
    expect((await create().begin({ parameters: { prompt: "login" } })).url).toContain("prompt=login");
  });
});
