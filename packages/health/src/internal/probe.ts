import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { failureCode } from "./failure.ts";

/** How a probe ended. */
export interface ProbeResult {
  readonly ok: boolean;
  /** One line for operators, without the URL, because that may contain a password. */
  readonly line: string;
}

/** How to probe. */
export interface ProbeSettings {
  /** Milliseconds for the whole exchange. */
  readonly timeout: number;
  /** Whether a degraded service fails the probe. */
  readonly strict: boolean;
}

const LONGEST_BODY = 1_048_576;
const WORDS: Readonly<Record<string, string>> = { pass: "healthy", warn: "degraded", fail: "unhealthy" };

/** Requests the URL once. A status from 200 to 299 is good, unless the body says unhealthy. A redirect is not followed. Never rejects. */
export async function probe(url: URL, { timeout, strict }: ProbeSettings): Promise<ProbeResult> {
  const started = performance.now();
  const signal = AbortSignal.timeout(Math.ceil(timeout));
  try {
    const { status, body } = await exchange(url, signal);
    const took = `in ${Math.round(performance.now() - started)} ms`;
    const word = statusWord(body);
    const good = status >= 200 && status <= 299;
    // If the body contradicts the status 200, the body counts, because a proxy may have set the status.
    const ok = good && word !== "unhealthy" && !(strict && word === "degraded");
    return { ok, line: `${word ?? (good ? "healthy" : "unhealthy")} (${status}) ${took}` };
  } catch (error) {
    const line = signal.aborted ? `no answer within ${timeout} ms` : `no answer: ${failureCode(error)}`;
    return { ok: false, line };
  }
}

function exchange(url: URL, signal: AbortSignal): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === "https:" ? requestHttps : requestHttp;
    const headers = { accept: "application/health+json, application/json", connection: "close" };
    request(url, { agent: false, headers, signal }, (response) => {
      bodyOf(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    })
      .on("error", reject)
      .end();
  });
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    // The status has arrived, so a body without end is not awaited. Leaving the loop disconnects.
    if (length > LONGEST_BODY) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function statusWord(body: string): string | undefined {
  try {
    const { status } = JSON.parse(body) as { status?: unknown };
    if (status === "healthy" || status === "degraded" || status === "unhealthy") return status;
    return typeof status === "string" ? WORDS[status] : undefined;
  } catch {
    return undefined; // not JSON, so only the HTTP status counts
  }
}
