import type { VerifiedAuthenticationResponse, VerifiedRegistrationResponse } from "@simplewebauthn/server";
import { errors } from "../../errors.ts";
import type { StoredPasskey } from "../../stores/store.ts";
import { loadPeer } from "../load-peer.ts";
import type { CredentialAnswer } from "./read-response.ts";

/** What an answer is compared with. */
interface Expected {
  readonly domain: string;
  readonly origins: string[];
  readonly userVerification: "required" | "preferred";
}

type Registration = NonNullable<VerifiedRegistrationResponse["registrationInfo"]>;
type Login = VerifiedAuthenticationResponse["authenticationInfo"];

/** @throws AUTH_PEER_MISSING */
export function library(): Promise<typeof import("@simplewebauthn/server")> {
  return loadPeer("@simplewebauthn/server", () => import("@simplewebauthn/server"));
}

/** @throws AUTH_PASSKEY_REJECTED */
export async function verifyRegistration(expected: Expected, answer: CredentialAnswer): Promise<Registration> {
  const { verifyRegistrationResponse } = await library();
  return verified(async () => {
    const { registrationInfo } = await verifyRegistrationResponse({
      response: answer.json,
      ...common(expected, answer),
    });
    return registrationInfo;
  });
}

/** @throws AUTH_PASSKEY_REJECTED */
export async function verifyLogin(
  expected: Expected,
  answer: CredentialAnswer,
  passkey: StoredPasskey,
): Promise<Login> {
  const { verifyAuthenticationResponse } = await library();
  const { id, counter, transports } = passkey;
  const publicKey = new Uint8Array(Buffer.from(passkey.publicKey, "base64url"));
  return verified(async () => {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: answer.json,
      credential: { id, publicKey, counter, transports: [...transports] },
      ...common(expected, answer),
    });
    return verified ? authenticationInfo : undefined;
  });
}

function common({ domain, origins, userVerification }: Expected, { challenge }: CredentialAnswer) {
  return {
    expectedChallenge: challenge,
    expectedOrigin: origins,
    expectedRPID: domain,
    requireUserVerification: userVerification === "required",
  };
}

/** The library throws plain errors for everything that is wrong with an answer. */
async function verified<T>(work: () => Promise<T | undefined>): Promise<T> {
  let failure: unknown;
  try {
    const found = await work();
    if (found !== undefined) return found;
  } catch (cause) {
    failure = cause;
  }
  throw errors.AUTH_PASSKEY_REJECTED({ reason: "it could not be verified" }, { cause: failure });
}
