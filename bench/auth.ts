import { randomUUID } from "node:crypto";
import {
  createAuth,
  createKeyRing,
  createTokens,
  hashPassword,
  memoryAuthStore,
  memoryKeyStore,
} from "@seaworthy/auth";
import { createTokenVerifier } from "@seaworthy/auth/oidc";
import { hash, verify } from "argon2";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { exportJWK, exportSPKI, generateKeyPair, jwtVerify, SignJWT } from "jose";
import { ExtractJwt, Strategy } from "passport-jwt";
import { compare, median, print, shuffled } from "./harness.ts";

const ISSUER = "https://shop.example.com";
const AUDIENCE = "https://api.example.com";
const PASSWORD = "a horse in the harbor";
const EMAIL = "ada@example.com";
const keys = createKeyRing({ rotation: { store: memoryKeyStore(), algorithm: "ES256" } });
const tokens = createTokens({ issuer: ISSUER, audience: AUDIENCE, keys });

await tokensAlone();
await requests();
await logins();
await equalTimes();

/** The same ES256 token, verified against one key that is at hand. */
async function tokensAlone(): Promise<void> {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "one", alg: "ES256", use: "sig" };
  const token = await new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: "one" })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject("u-1")
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(privateKey);
  const fetch = async (): Promise<Response> => Response.json({ keys: [jwk] });
  const outside = createTokenVerifier({ issuer: ISSUER, audience: AUDIENCE, jwksUri: `${ISSUER}/jwks`, fetch });
  const issued = await tokens.issue({ subject: "u-1" });
  const passport = passportJwt(await exportSPKI(publicKey));
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: ["ES256"], typ: "at+jwt" };
  await compare(
    "Verify an access token",
    {
      "jose, ES256": () => jwtVerify(token, publicKey, options),
      "createTokenVerifier, ES256": () => outside.verify(token),
      "passport-jwt, ES256": () => passport(token),
      "createTokens, ES256": () => tokens.verify(issued.token),
    },
    { asynchronous: true },
  );
}

/** A strategy of passport-jwt as passport itself calls it. */
function passportJwt(secretOrKey: string): (token: string) => Promise<unknown> {
  const jwtFromRequest = ExtractJwt.fromAuthHeaderAsBearerToken();
  const checks = { issuer: ISSUER, audience: AUDIENCE, algorithms: ["ES256" as const] };
  const strategy = new Strategy({ jwtFromRequest, secretOrKey, ...checks }, (claims, done) => done(null, claims));
  return (token) =>
    new Promise((resolve, reject) => {
      const call = Object.create(strategy);
      Object.assign(call, { success: resolve, fail: reject, error: reject });
      call.authenticate({ headers: { authorization: `Bearer ${token}` } });
    });
}

/** A request whose session and account are read from a store in memory, so that a logout is effective at once. */
async function requests(): Promise<void> {
  await using auth = createAuth({ store: memoryAuthStore(), tokens });
  await auth.register({ email: EMAIL, password: PASSWORD });
  const { accessToken } = await auth.login({ email: EMAIL, password: PASSWORD });
  const { cookie } = await auth.loginWithCookie({ email: EMAIL, password: PASSWORD });
  const request = (name: string, value: string) => ({
    method: "GET",
    header: (wanted: string) => (wanted === name ? value : undefined),
  });
  const byToken = request("authorization", `Bearer ${accessToken}`);
  const byCookie = request("cookie", String(cookie.split(";")[0]));
  const [bearer, cookies] = [auth.bearer(), auth.cookie()];
  const other = await otherSession();
  await compare(
    "Authenticate a request, session from memory",
    {
      "better-auth, getSession": other,
      "auth.cookie()": () => cookies(byCookie),
      "auth.bearer(), token and session": () => bearer(byToken),
    },
    { asynchronous: true },
  );
}

async function otherSession(): Promise<() => Promise<unknown>> {
  const database: Record<string, unknown[]> = { user: [], session: [], account: [], verification: [] };
  const other = betterAuth({
    baseURL: ISSUER,
    secret: "a secret of at least 32 characters",
    database: memoryAdapter(database as Parameters<typeof memoryAdapter>[0]),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
  });
  const body = { email: EMAIL, password: PASSWORD, name: "Ada" };
  const { headers } = await other.api.signUpEmail({ body, returnHeaders: true });
  const cookie = headers.getSetCookie().map((line) => line.split(";")[0]);
  const sent = new Headers({ cookie: cookie.join("; ") });
  const get = () => other.api.getSession({ headers: sent });
  if ((await get())?.user.email !== EMAIL) throw new Error("better-auth does not know its session");
  return get;
}

/** What a login costs on top of the one hash. */
async function logins(): Promise<void> {
  await using auth = createAuth({ store: memoryAuthStore(), tokens });
  await auth.register({ email: EMAIL, password: PASSWORD });
  const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
  const stored = await hash(PASSWORD, cost);
  await compare(
    "Log in with a password",
    {
      "argon2.verify, 19 MiB, 2 passes": () => verify(stored, PASSWORD),
      "auth.login": () => auth.login({ email: EMAIL, password: PASSWORD }),
    },
    { asynchronous: true, rounds: 25, iterations: 1 },
  );
}

/** Whether times tell who has an account: 200 logins of each kind, in random order. */
async function equalTimes(): Promise<void> {
  const store = memoryAuthStore();
  await using auth = createAuth({ store, tokens });
  const passwordHash = await hashPassword(PASSWORD);
  const fixed = { status: "active", roles: [], createdAt: 0, failures: 0, passwordHash } as const;
  const times: Record<string, number[]> = { "unknown user": [], "wrong password": [], "locked account": [] };
  const tries = Object.keys(times).flatMap((kind) => Array.from({ length: 200 }, (_, n) => ({ kind, n })));
  for (const { kind, n } of tries) {
    const lock = kind === "locked account" ? { lockedUntil: Date.now() + 3_600_000, failures: 5 } : {};
    if (kind !== "unknown user")
      await store.createUser({ ...fixed, ...lock, id: `${kind} ${n}`, email: emailOf(kind, n) });
  }
  for (const { kind, n } of shuffled(tries)) {
    const start = process.hrtime.bigint();
    await auth.login({ email: emailOf(kind, n), password: "something else" }).catch(() => undefined);
    times[kind]?.push(Number(process.hrtime.bigint() - start));
  }
  const medians = Object.fromEntries(Object.entries(times).map(([kind, samples]) => [kind, median(samples)]));
  print("Refused logins, medians of 200 each", medians, "unknown user");
}

function emailOf(kind: string, n: number): string {
  return `${kind.replace(" ", "-")}-${n}@example.com`;
}
