import { createPublicKey, verify } from "node:crypto";
import { errors } from "../errors.ts";
import type { AuditSigner } from "../signer.ts";
import type { AuditHead } from "../stores/store.ts";
import { ED25519, keyIdOf, SPKI_PREFIX } from "./note-keys.ts";

// C2SP signed-note: https://c2sp.org/signed-note. The text is that of a tlog checkpoint: origin, size, root hash.
const LONGEST = 4096;

/** Signs a head as a note. */
export async function writeNote(origin: string, head: AuditHead, signer: AuditSigner): Promise<string> {
  const text = `${origin}\n${head.sequence}\n${Buffer.from(head.hash, "base64url").toString("base64")}\n`;
  const signature = await signer.sign(Buffer.from(text));
  return `${text}\n— ${signer.name} ${Buffer.concat([signer.keyId, signature]).toString("base64")}\n`;
}

/**
 * The head that a note vouches for.
 * @throws AUDIT_CHECKPOINT_INVALID if it is not a note of this origin, or no signature of the verifier is right
 */
export function readNote(note: string, origin: string, verifierKey: string): AuditHead {
  const refuse = (reason: string): never => {
    throw errors.AUDIT_CHECKPOINT_INVALID({ reason });
  };
  if (typeof note !== "string" || note.length > LONGEST) return refuse("it is not a string, or it is too long");
  const end = note.lastIndexOf("\n\n");
  if (end < 0) return refuse("it has no signature");
  const text = note.slice(0, end + 1);
  const [line0, size = "", root = "", ...rest] = text.split("\n");
  if (line0 !== origin) return refuse("it is of another trail");
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !/^[A-Za-z0-9+/]{43}=$/.test(root) || rest.length !== 1)
    return refuse("its text is not that of a checkpoint");
  const isSigned = note
    .slice(end + 2)
    .split("\n")
    .some((line) => isSignature(line, text, verifierKey));
  if (!isSigned) return refuse("no signature of the verifier is right");
  return { sequence: Number(size), hash: Buffer.from(root, "base64").toString("base64url") };
}

function isSignature(line: string, text: string, verifierKey: string): boolean {
  const [, keyName, keyId, encodedKey] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(verifierKey) ?? [];
  const [, name, encoded] = /^— (\S+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? [];
  if (keyName === undefined || encodedKey === undefined || encoded === undefined || name !== keyName) return false;
  const key = Buffer.from(encodedKey, "base64");
  const signature = Buffer.from(encoded, "base64");
  if (key.length !== 33 || key[0] !== ED25519 || signature.length !== 68) return false;
  const isKnown = signature.subarray(0, 4).toString("hex") === keyId;
  const isOwn = Buffer.from(keyIdOf(keyName, key.subarray(1))).toString("hex") === keyId;
  if (!isKnown || !isOwn) return false;
  const publicKey = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, key.subarray(1)]),
    format: "der",
    type: "spki",
  });
  return verify(null, Buffer.from(text), publicKey, signature.subarray(4));
}
