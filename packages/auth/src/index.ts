export { errors } from "./errors.ts";

export type { AuthErrorCode } from "./errors.ts";
export type {
  AuthStore,
  LockoutPolicy,
  Rotation,
  StoredApiKey,
  StoredOnce,
  StoredPasskey,
  StoredRefresh,
  StoredSession,
  StoredTotp,
  StoredUser,
  UserChanges,
  UserStatus,
} from "./stores/store.ts";
