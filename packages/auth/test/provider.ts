import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import Provider, { type ClientMetadata, type Configuration } from "oidc-provider";

/** An OpenID provider of this process, whose faults tests can cause. */
export interface TestProvider extends AsyncDisposable {
  readonly issuer: string;
  /** Paths of the requests so far. */
  readonly requests: string[];
  /** The claims of the user who logs in there. */
  user: Record<string, unknown> & { sub: string };
  /** What is answered in place of the provider; `undefined` is the provider itself. */
  fault: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** From now on, signs with a key of this id. */
  rotate(kid: string): Promise<void>;
  /** A private key that signs as this provider. */
  key(): JWK;
  /** An access token of the client credentials grant, for the audience `https://api.example`. */
  accessToken(audience?: string): Promise<string>;
  /** Follows the redirects of a login from `url` until the browser is sent to a client; returns where to. */
  follow(url: string): Promise<string>;
}

export const CLIENT: ClientMetadata = {
  client_id: "shop",
  client_secret: "a secret of the shop",
  redirect_uris: ["http://localhost/login/back"],
  grant_types: ["authorization_code", "client_credentials"],
};

async function newKey(kid: string, alg = "RS256"): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg, use: "sig" };
}

export async function startProvider(configuration: Configuration = {}, clients = [CLIENT]): Promise<TestProvider> {
  const server = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let jwk = await newKey("one");
  let provider = create();
  const self: TestProvider = {
    issuer,
    requests: [],
    user: { sub: "u-1", email: "ada@example.com", email_verified: true },
    fault: undefined,
    async rotate(kid) {
      jwk = await newKey(kid);
      provider = create();
    },
    key: () => jwk,
    accessToken,
    follow,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function create(): Provider {
    const made = new Provider(issuer, {
      clients,
      jwks: { keys: [jwk] },
      cookies: { keys: ["a key of the cookies"] },
      claims: { openid: ["sub"], email: ["email", "email_verified"] },
      conformIdTokenClaims: true,
      findAccount: (_, id) => ({ accountId: id, claims: async () => self.user }),
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => [],
          useGrantedResource: () => true,
          getResourceServerInfo: (_, audience) => ({ scope: "read write", audience, accessTokenFormat: "jwt" }),
        },
      },
      ttl: { AccessToken: 600, ClientCredentials: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
      ...configuration,
    });
    // It reports what its answers already say.
    made.on("server_error", () => undefined);
    made.on("grant.error", () => undefined);
    made.on("authorization.error", () => undefined);
    return made;
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const path = String(request.url).split("?")[0] ?? "";
    self.requests.push(path);
    if (self.fault !== undefined) self.fault(request, response);
    else if (path.startsWith("/interaction/")) void interact(request, response);
    else void provider.callback()(request, response);
  }

  /** Logs the user in and consents, without a page. */
  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
    if (prompt.name === "login") {
      const login = { accountId: self.user.sub };
      return provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
    }
    const accountId = String(session?.accountId);
    const grant =
      (grantId === undefined ? undefined : await provider.Grant.find(grantId)) ??
      new provider.Grant({ accountId, clientId: String(params.client_id) });
    grant.addOIDCScope(String(params.scope));
    const consent = { grantId: await grant.save() };
    await provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
  }

  async function accessToken(audience = "https://api.example"): Promise<string> {
    const basic = Buffer.from(`${CLIENT.client_id}:${encodeURIComponent(String(CLIENT.client_secret))}`);
    const response = await fetch(`${issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${basic.toString("base64")}` },
      body: new URLSearchParams({ grant_type: "client_credentials", scope: "read", resource: audience }),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    return token;
  }

  async function follow(url: string): Promise<string> {
    const cookies = new Map<string, string>();
    let next = url;
    for (let hop = 0; hop < 10 && next.startsWith(issuer); hop++) {
      const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
      const response = await fetch(next, { redirect: "manual", headers: { cookie } });
      for (const header of response.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
        cookies.set(name, value);
      }
      const location = response.headers.get("location");
      if (location === null) throw new Error(`no redirect from ${next}: ${response.status} ${await response.text()}`);
      next = new URL(location, issuer).href;
    }
    return next;
  }
  return self;
}
