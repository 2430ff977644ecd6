import type { IdentityStore, OnceStore, PasskeyStore, StoredApiKeys } from "../../stores/store.ts";
import type { Tables } from "./tables.ts";

/** Secrets that come back once, in memory. */
export function memoryOnce({ once }: Tables): OnceStore {
  const find: OnceStore["findOnce"] = async (hash, purpose, now) => {
    const secret = once.get(hash);
    return secret?.purpose === purpose && secret.expiresAt > now ? secret : undefined;
  };
  return {
    putOnce: async (secret) => once.set(secret.hash, secret),
    findOnce: find,
    async takeOnce(hash, purpose, now) {
      // No turn of the event loop lies between the two, because nothing is awaited.
      const found = find(hash, purpose, now);
      if (once.get(hash)?.purpose === purpose) once.delete(hash);
      return found;
    },
    async dropOnce(userId, purpose) {
      once.remove((secret) => secret.userId === userId && secret.purpose === purpose);
    },
  };
}

/** Keys of machines in memory. */
export function memoryApiKeys({ apiKeys }: Tables): StoredApiKeys {
  return {
    createApiKey: async (key) => apiKeys.set(key.id, key),
    findApiKey: async (id) => apiKeys.get(id),
    apiKeys: async (owner) =>
      apiKeys.filter((key) => key.owner === owner).sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1)),
    async touchApiKey(id, at) {
      apiKeys.change(id, { lastUsedAt: Math.max(at, apiKeys.get(id)?.lastUsedAt ?? at) });
    },
    expireApiKey: async (id, expiresAt) => apiKeys.change(id, { expiresAt }) !== undefined,
    async revokeApiKey(id, at) {
      const key = apiKeys.get(id);
      return key !== undefined && key.revokedAt === undefined && apiKeys.change(id, { revokedAt: at }) !== undefined;
    },
  };
}

/** Passkeys in memory. */
export function memoryPasskeys({ users, passkeys }: Tables): PasskeyStore {
  return {
    async createPasskey(passkey) {
      if (passkeys.get(passkey.id) !== undefined || users.get(passkey.userId) === undefined) return false;
      passkeys.set(passkey.id, passkey);
      return true;
    },
    findPasskey: async (id) => passkeys.get(id),
    passkeys: async (userId) =>
      passkeys
        .filter((passkey) => passkey.userId === userId)
        .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)),
    async usePasskey(id, counter, at) {
      const passkey = passkeys.get(id);
      if (passkey === undefined || !(counter > passkey.counter || (counter === 0 && passkey.counter === 0)))
        return false;
      passkeys.change(id, { counter, lastUsedAt: Math.max(at, passkey.lastUsedAt ?? at) });
      return true;
    },
    deletePasskey: async (userId, id) => passkeys.get(id)?.userId === userId && passkeys.delete(id),
  };
}

/** Links to accounts of outside providers, in memory. */
export function memoryIdentities({ users, identities }: Tables): IdentityStore {
  const keyOf = (issuer: string, subject: string): string => JSON.stringify([issuer, subject]);
  return {
    findIdentity: async (issuer, subject) => identities.get(keyOf(issuer, subject))?.userId,
    async linkIdentity(issuer, subject, userId) {
      const linked = identities.get(keyOf(issuer, subject));
      if (linked !== undefined) return linked.userId === userId;
      if (users.get(userId) === undefined) return false;
      identities.set(keyOf(issuer, subject), { issuer, userId });
      return true;
    },
    unlinkIdentity: async (userId, issuer) =>
      identities.remove((identity) => identity.userId === userId && identity.issuer === issuer) > 0,
  };
}
