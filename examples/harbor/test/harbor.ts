import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataDirectory } from "./engines.ts";

/** The example app, running as a process. */
export interface Harbor extends AsyncDisposable {
  readonly url: string;
  readonly upstreamUrl: string;
  readonly child: ChildProcess;
  readonly directory: string;
  /** Everything that it printed so far. */
  output(): string;
  /** Its log lines so far. */
  lines(): Record<string, unknown>[];
  /** Sends the signal and gives the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const home = join(import.meta.dirname, "..");
/** Of the environment of the tests, the app receives only this. */
const INHERITED = { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, NODE_ENV: "test" };

/** Starts the app on free ports. Without a data directory it gets a new one, which is removed with it. */
export async function startHarbor(environment: Record<string, string> = {}): Promise<Harbor> {
  const { DATA__DIRECTORY: given, DATABASE_URL: server } = environment;
  const directory = given ?? dataDirectory(server !== undefined);
  const child = spawn(process.execPath, ["--conditions=@seaworthy/source", join(home, "src", "main.ts")], {
    cwd: tmpdir(),
    env: { ...INHERITED, DATA__DIRECTORY: directory, LOG__LEVEL: "debug", LIMITS__LOGINS: "100", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const exited = once(child, "exit").then(([code]) => code as number | null);
  const addresses = (): [string, string] | undefined => {
    const found = [/harbor listens on (\S+)/, /flaky upstream listens on (\S+)/].map(
      (pattern) => pattern.exec(output)?.[1],
    );
    return found[0] !== undefined && found[1] !== undefined && output.includes("/healthz; echo\n")
      ? [found[0], found[1]]
      : undefined;
  };
  const [url, upstreamUrl] = await new Promise<[string, string]>((resolve, reject) => {
    child.stdout.on("data", () => {
      const found = addresses();
      if (found !== undefined) resolve(found);
    });
    void exited.then((code) => reject(new Error(`harbor ended with ${code} before it listened:\n${output}`)));
  });
  return {
    url,
    upstreamUrl,
    child,
    directory,
    output: () => output,
    lines: () =>
      output
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return exited;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
      if (given === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Sends JSON, and returns the status and the JSON of the answer. */
export async function send(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
  method = "POST",
): Promise<{ status: number; body: Record<string, unknown> }> {
  const all = { "content-type": "application/json", ...headers };
  const response = await fetch(url, { method, headers: all, body: JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

/** The token of the last mail of a purpose to an address. */
export function mailedToken({ directory }: Pick<Harbor, "directory">, purpose: string, email: string): Promise<string> {
  const folder = join(directory, "mails");
  const find = async (): Promise<string> => {
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.includes(purpose)) : [];
    const mails = names.sort().map((name) => readFileSync(join(folder, name), "utf8"));
    return /#\w+=(\S+)/.exec(mails.findLast((mail) => mail.includes(`To: ${email}\n`)) ?? "")?.[1] ?? "";
  };
  return eventually(find, (token) => token !== "");
}

export const PASSWORD = "a long walk on the pier";

/** Registers an account, verifies its address and logs in. Returns what the login returned. */
export async function newAccount(harbor: Harbor, email: string): Promise<Record<string, unknown>> {
  const password = PASSWORD;
  await send(`${harbor.url}/auth/register`, { email, password });
  await send(`${harbor.url}/auth/verify-email`, { token: await mailedToken(harbor, "verify-email", email) });
  return (await send(`${harbor.url}/auth/login`, { email, password })).body;
}

export const bearer = ({ accessToken }: Record<string, unknown>): { authorization: string } => ({
  authorization: `Bearer ${String(accessToken)}`,
});

/** The header of the first administrator. */
export async function administrator(harbor: Harbor): Promise<{ authorization: string }> {
  const headers = bearer(await newAccount(harbor, "admin@example.com"));
  const code = readFileSync(join(harbor.directory, "first-administrator"), "utf8").trim();
  const { status } = await send(`${harbor.url}/auth/first-administrator`, { code }, headers);
  if (status !== 204) throw new Error(`the first administrator was refused with ${status}`);
  return headers;
}

/** Starts the app and waits for it to end by itself. */
export async function runHarbor(environment: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ["--conditions=@seaworthy/source", join(home, "src", "main.ts")], {
    env: { ...INHERITED, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

/** Asks until the answer is the one wanted, for at most ten seconds. */
export async function eventually<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > end) throw new Error(`never came: last was ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
