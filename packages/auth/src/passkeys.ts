export { createPasskeys } from "./passkeys/create-passkeys.ts";

export type {
  PasskeyChallenge,
  PasskeyLogin,
  PasskeyOwner,
  PasskeyRecord,
  Passkeys,
  PasskeysOptions,
} from "./passkeys/passkeys.ts";
