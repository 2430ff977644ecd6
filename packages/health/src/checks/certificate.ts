import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Clock, Duration } from "@seaworthy/core";
import { boundedString, checkOptions, clockOption, flag, integer, showValue } from "@seaworthy/core/options";
import type { Check, CheckOutcome } from "../check.ts";
import { Findings, remote } from "../internal/built-in.ts";
import { checkSource } from "../internal/certificate-source.ts";
import { type Levels, levelsOf, TIME_LEFT } from "../internal/levels.ts";
import { servedCertificates, type Validity } from "../internal/served-certificates.ts";
import type { Thresholds } from "../thresholds.ts";
import type { CertificateSource } from "./certificate-source.ts";

/** Options of {@link certificateCheck}. */
export interface CertificateCheckOptions extends Thresholds<Duration> {
  /** Time until the certificate expires, 0 or more, in milliseconds. @default "21d" */
  degradedAt?: Duration | "never";
  /** Time until the certificate expires, 0 or more, in milliseconds. An expired certificate is always unhealthy. @default 0 */
  unhealthyAt?: Duration | "never";
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS = ["degradedAt", "unhealthyAt", "clock"];
const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * Checks when a certificate expires: the earliest one in the string, the file, or the chain that a server sends. A file
 * is read on every run. Only the check of a server is the check of a remote system.
 *
 * Data: `expiresAt` in milliseconds since the Unix epoch, `expiresIn` in milliseconds, and `certificates`, the
 * number of certificates; for a server `trusted`, and `reason` if it is not trusted.
 *
 * @throws TypeError if the source is not one of the three, an option is unknown or out of bounds, or `unhealthyAt` is
 * above `degradedAt`
 * @example
 * ```ts
 * import { certificateCheck, createHealth } from "@seaworthy/health";
 * const health = createHealth();
 * health.add("certificate", certificateCheck({ file: "/etc/tls/tls.crt" }), { critical: false, cacheFor: "1h" });
 * console.log((await health.report()).checks.certificate?.error); // ENOENT
 * ```
 */
export function certificateCheck(source: CertificateSource, options: CertificateCheckOptions = {}): Check {
  checkSource(source);
  checkOptions("certificateCheck", options, OPTIONS);
  const limits: Limits = {
    clock: clockOption("clock", options.clock),
    levels: levelsOf(TIME_LEFT, options, { degradedAt: "21d", unhealthyAt: 0 }),
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
  readonly levels: Levels;
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

/** When each certificate in the string is valid; `undefined` for one that cannot be read. */
function validitiesOf(text: string): (Validity | undefined)[] {
  return [...text.matchAll(PEM_BLOCK)].map(([block]) => {
    try {
      const { validFrom, validTo } = new X509Certificate(block);
      return { from: Date.parse(validFrom), to: Date.parse(validTo) };
    } catch {
      return undefined; // the block does not contain a certificate
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
  found.judge(expiresIn, limits.levels, "HEALTH_CERTIFICATE_EXPIRING");
  return found;
}
