import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"];

/** Where Chromium is; `undefined` if it is not installed, which is a failure in CI. */
export function findChromium(): string | undefined {
  const found = PLACES.find((place) => existsSync(place));
  if (found === undefined && process.env.CI === "true") throw new Error("Chromium is not installed");
  if (found === undefined) console.log("Chromium is not installed: the tests of passkeys in a browser are skipped");
  return found;
}

/** A page of `http://localhost` in headless Chromium, with authenticators that exist in software only. */
export interface PasskeyBrowser extends AsyncDisposable {
  readonly origin: string;
  /** Adds an authenticator; returns its id. */
  addAuthenticator(change?: Record<string, unknown>): Promise<string>;
  removeAuthenticator(authenticatorId: string): Promise<void>;
  /** The passkeys in an authenticator, with their private keys. */
  credentials(authenticatorId: string): Promise<VirtualCredential[]>;
  addCredential(authenticatorId: string, credential: VirtualCredential): Promise<void>;
  /** Does what the page of a service does: `navigator.credentials.create()`. Returns its answer as JSON. */
  create(options: object): Promise<Answer>;
  get(options: object): Promise<Answer>;
}

export type VirtualCredential = Awaited<ReturnType<CDPSession["send"]>> & { credentialId: string; signCount: number };
export interface Answer {
  id: string;
  response: Record<string, string>;
  [member: string]: unknown;
}

export async function openBrowser(executablePath: string): Promise<PasskeyBrowser> {
  const server = createServer(
    (_, response) => void response.setHeader("content-type", "text/html").end("<title>x</title>"),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const browser: Browser = await chromium.launch({ executablePath, args: FLAGS });
  const page: Page = await browser.newPage();
  await page.goto(origin);
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  return {
    origin,
    async addAuthenticator(change = {}) {
      const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
        options: {
          protocol: "ctap2",
          transport: "internal",
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
          ...change,
        },
      });
      return authenticatorId;
    },
    async removeAuthenticator(authenticatorId) {
      await session.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
    },
    async credentials(authenticatorId) {
      return (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials as VirtualCredential[];
    },
    async addCredential(authenticatorId, credential) {
      await session.send("WebAuthn.addCredential", { authenticatorId, credential: credential as never });
    },
    create: (options) => page.evaluate(create, options),
    get: (options) => page.evaluate(get, options),
    async [Symbol.asyncDispose]() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

// These two run in the page.
async function create(options: object): Promise<Answer> {
  const { PublicKeyCredential: Credential, navigator } = globalThis as never as PageGlobals;
  const publicKey = Credential.parseCreationOptionsFromJSON(options);
  return (await navigator.credentials.create({ publicKey })).toJSON();
}
async function get(options: object): Promise<Answer> {
  const { PublicKeyCredential: Credential, navigator } = globalThis as never as PageGlobals;
  const publicKey = Credential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({ publicKey })).toJSON();
}

interface PageGlobals {
  PublicKeyCredential: {
    parseCreationOptionsFromJSON(o: object): object;
    parseRequestOptionsFromJSON(o: object): object;
  };
  navigator: { credentials: Record<"create" | "get", (o: object) => Promise<{ toJSON(): Answer }>> };
}
