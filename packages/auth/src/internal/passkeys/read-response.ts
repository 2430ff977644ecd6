import { isObject } from "@seaworthy/core/objects";
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";

/** A browser's answer, as far as it is looked at before the library verifies it. */
export interface CredentialAnswer {
  readonly id: string;
  readonly challenge: string;
  readonly userHandle: string | undefined;
  /** An inert copy of the whole. The library checks the members that it uses. */
  readonly json: AnyAnswer;
}

type AnyAnswer = RegistrationResponseJSON & AuthenticationResponseJSON;

// A credential id has up to 1023 bytes (WebAuthn, section 4), and an attestation some kilobytes.
const LONGEST_ANSWER = 65_536;
const LONGEST_ID = 1364;

/** Reads a browser's answer, or returns why it cannot be one. */
export function readResponse(response: unknown): CredentialAnswer | string {
  const json = copyOf(response);
  if (!isObject(json) || !isObject(json.response)) return "it is not an answer of a browser";
  const { id } = json;
  const { clientDataJSON, userHandle } = json.response;
  if (typeof id !== "string" || id === "" || id.length > LONGEST_ID) return "it has no id";
  const client = typeof clientDataJSON === "string" ? decode(clientDataJSON) : undefined;
  const challenge = isObject(client) ? client.challenge : undefined;
  if (typeof challenge !== "string" || challenge === "") return "it has no challenge";
  return { id, challenge, userHandle: typeof userHandle === "string" ? userHandle : undefined, json };
}

function copyOf(response: unknown): AnyAnswer | undefined {
  try {
    const text = JSON.stringify(response);
    return text.length > LONGEST_ANSWER ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString());
  } catch {
    return undefined;
  }
}
