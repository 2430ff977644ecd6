import { createHash } from "node:crypto";
import { currentContext } from "@seaworthy/core";
import { networkOf } from "@seaworthy/core/addresses";
import { withoutUndefined } from "@seaworthy/core/objects";
import { boundedString, showValue } from "@seaworthy/core/options";
import type { ClientFacts } from "../../auth.ts";

/** What is known about the client of a call. */
export interface KnownClient {
  readonly address?: string;
  readonly userAgent?: string;
  readonly device?: string;
}

const LONGEST_AGENT = 512;
// Control characters and lone surrogates have no place in a log or a database.
const UNSOUND = /[\p{Cc}\p{Cs}]/gu;

/**
 * What the input says about the client, or else what the context says.
 *
 * @throws TypeError if a member is malformed
 */
export function knownClient({ ip, userAgent, device }: ClientFacts = {}): KnownClient {
  const { client } = currentContext();
  if (userAgent !== undefined && typeof userAgent !== "string")
    throw new TypeError(`userAgent must be a string; got ${showValue(userAgent)}`);
  const address = ip === undefined ? client?.address : boundedString("ip", ip, 1, 64);
  const agent = userAgent ?? client?.userAgent;
  return withoutUndefined({
    address: address === undefined || address === "" ? undefined : sound(address),
    userAgent: agent === undefined ? undefined : sound(agent.slice(0, LONGEST_AGENT)),
    device: device === undefined ? undefined : sound(boundedString("device", device, 1, 200)),
  });
}

/** Under which address attempts are counted: an IPv4 address, or the /64 of an IPv6 address, which is one subscriber. */
export function countedAddress(address: string | undefined): string {
  if (address === undefined) return "unknown";
  return networkOf(address, { ipv4: 32, ipv6: 64 }) ?? address;
}

/**
 * Device and network of a client, as they are remembered: the device without the versions that updates change. A client that
 * does not say what it is counts as a device too, or else a thief would only have to leave out the user agent.
 */
export function originsOf({ address, userAgent, device }: KnownClient): readonly string[] {
  const network = address === undefined ? undefined : networkOf(address);
  const agent = device ?? userAgent?.replace(/\d+(?:[._]\d+)*/g, "") ?? "";
  const origins = [`device:${createHash("sha256").update(agent).digest("base64url").slice(0, 22)}`];
  if (network !== undefined) origins.push(`network:${network}`);
  return origins;
}

function sound(text: string): string {
  return text.replace(UNSOUND, "\uFFFD");
}
