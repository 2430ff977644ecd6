import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Clock, type Duration, toMilliseconds } from "@seaworthy/core";
import { boundedString, checkOptions, flag, integer, showValue } from "@seaworthy/core/options";
import type { Check, CheckOutcome } from "../check.ts";
import { Findings, remote } from "../internal/built-in.ts";
import { servedCertificates, type Validity } from "../internal/served-certificates.ts";
import { soundClock } from "../internal/sound-clock.ts";
import { withDefault } from "../internal/with-default.ts";

/** Where the certificate is: in PEM text, in a file, or with a server that speaks TLS. */
export type CertificateSource =
  | { pem: string | Uint8Array }
  | { file: string }
  | {
      host: string;
      /** @default 443 */
      port?: number;
      /** Name to ask for (SNI) and to verify. @default host */
      servername?: string;
      /** PEM of the authorities to trust. @default Node's own */
      ca?: string;
      /** Whether to verify the chain and the name. @default true */
      verify?: boolean;
    };

/** Options of {@link certificateCheck}. */
export interface CertificateCheckOptions {
  /** Time to expiry, 0 or more, in milliseconds, below which the check is degraded. @default "21d" */
  degradedWithin?: Duration;
  /** Time to expiry, 0 or more, in milliseconds, below which it is unhealthy. @default 0 */
  unhealthyWithin?: Duration;
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS = ["degradedWithin", "unhealthyWithin", "clock"];
const SOURCES = ["pem", "file", "host", "port", "servername", "ca", "verify"];
const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * Looks at when a certificate expires: the earliest of all in the text, the file, or the chain that a server sends.
 * A file is read anew on every run. Only the check of a server is one of a remote system.
 *
 * Data: `expiresAt` in milliseconds since the Unix epoch, `expiresIn` in milliseconds, and `certificates`, how many
 * were looked at; of a server `trusted`, and `reason` where it is not.
 *
 * @throws TypeError when the source is none of the three, or an option is unknown or out of bounds
 * @example
 * ```ts
 * import { certificateCheck, createHealth } from "@seaworthy/health";
 * const health = createHealth();
 * health.add("certificate", certificateCheck({ file: "/etc/tls/tls.crt" }), { critical: false, cacheFor: "1h" });
 * console.log((await health.report()).checks.certificate?.error); // ENOENT
 * ```
 */
export function certificateCheck(source: CertificateSource, options: CertificateCheckOptions = {}): Check {
  checkOptions("the source of certificateCheck", source, SOURCES);
  checkOptions("certificateCheck", options, OPTIONS);
  const limits: Limits = {
    clock: soundClock(options.clock),
    degradedWithin: toMilliseconds(withDefault(options.degradedWithin, "21d"), "degradedWithin"),
    unhealthyWithin: toMilliseconds(withDefault(options.unhealthyWithin, 0), "unhealthyWithin"),
  };
  if ("host" in source) return serverCheck(source, limits);
  if ("file" in source) {
    const file = boundedString("file", source.file, 1, 4096);
    return async () => judgeAll(validitiesOf(await readFile(file, "utf8")), limits).outcome();
  }
  const { pem } = source;
  if (typeof pem !== "string" && !(pem instanceof Uint8Array))
    throw new TypeError(`the source must have pem, file or host; got ${showValue(pem)}`);
  const text = typeof pem === "string" ? pem : Buffer.from(pem).toString();
  return () => judgeAll(validitiesOf(text), limits).outcome();
}

interface Limits {
  readonly clock: Clock;
  readonly degradedWithin: number;
  readonly unhealthyWithin: number;
}

function serverCheck(source: Extract<CertificateSource, { host: string }>, limits: Limits): Check {
  const { host, port = 443, servername, ca, verify = true } = source;
  boundedString("host", host);
  integer("port", port, 1, 65_535);
  if (servername !== undefined) boundedString("servername", servername);
  if (ca !== undefined) boundedString("ca", ca, 1, 1_048_576);
  flag("verify", verify);
  return remote(async (signal): Promise<CheckOutcome> => {
    const { validities, reason } = await servedCertificates({ host, port, servername, ca }, signal);
    const found = judgeAll(validities, limits);
    found.data.trusted = reason === undefined;
    if (reason === undefined) return found.outcome();
    found.data.reason = reason;
    if (verify) found.add("unhealthy", "HEALTH_CERTIFICATE_UNTRUSTED");
    return found.outcome();
  });
}

/** When each certificate of the text is valid; `undefined` for one that cannot be read. */
function validitiesOf(text: string): (Validity | undefined)[] {
  return [...text.matchAll(PEM_BLOCK)].map(([block]) => {
    try {
      const { validFrom, validTo } = new X509Certificate(block);
      return { from: Date.parse(validFrom), to: Date.parse(validTo) };
    } catch {
      return undefined; // not a certificate, whatever it says
    }
  });
}

function judgeAll(validities: readonly (Validity | undefined)[], limits: Limits): Findings {
  const found = new Findings();
  const readable = validities.filter((validity) => validity !== undefined);
  if (readable.length === 0 || readable.length < validities.length)
    found.add("unhealthy", "HEALTH_CERTIFICATE_UNREADABLE");
  if (readable.length === 0) return found;
  const now = limits.clock.now();
  const expiresAt = Math.min(...readable.map(({ to }) => to));
  const expiresIn = expiresAt - now;
  Object.assign(found.data, { expiresAt, expiresIn, certificates: readable.length });
  if (expiresIn <= 0) found.add("unhealthy", "HEALTH_CERTIFICATE_EXPIRED");
  if (readable.some(({ from }) => from > now)) found.add("unhealthy", "HEALTH_CERTIFICATE_NOT_YET_VALID");
  if (expiresIn < limits.unhealthyWithin) found.add("unhealthy", "HEALTH_CERTIFICATE_EXPIRING");
  if (expiresIn < limits.degradedWithin) found.add("degraded", "HEALTH_CERTIFICATE_EXPIRING");
  return found;
}
