import { expect, test } from "vitest";
import { postgresAuthStore } from "../src/postgres.ts";
import type { AuthStore } from "../src/stores/store.ts";
import { testAuth } from "../src/testing.ts";
import { onServer, SERVER_IS_THERE } from "./databases.ts";

const credentials = { email: "ada@example.com", password: "correct horse battery staple" };

/** A store in which a change of the password begins once a reset has taken its token, which waits for it in turn. */
function interleaved(store: AuthStore): AuthStore {
  const reset = Promise.withResolvers<void>();
  const change = Promise.withResolvers<void>();
  let armed = false;
  const after = async <T>(call: () => Promise<T>): Promise<T> => {
    if (!armed) return call();
    await reset.promise;
    return call();
  };
  return {
    ...store,
    async findOnce(...args) {
      armed = true;
      return store.findOnce(...args);
    },
    async takeOnce(...args) {
      const found = await store.takeOnce(...args);
      reset.resolve();
      await change.promise;
      return found;
    },
    replacePasswordHash: (...args) => after(() => store.replacePasswordHash(...args).finally(change.resolve)),
    dropOnce: (...args) =>
      after(() => {
        const dropped = store.dropOnce(...args);
        if (armed) change.resolve();
        return dropped;
      }),
  };
}

test.runIf(SERVER_IS_THERE)("a change and a reset of a password at the same time do not deadlock", async () => {
  const server = await onServer();
  try {
    const { auth, mails } = await testAuth({ store: interleaved(postgresAuthStore(server.db)), mail: true });
    await auth.register(credentials);
    await auth.requestPasswordReset({ email: credentials.email });
    const token = await mails.nextToken("reset-password");
    const userId = (await auth.findUserByEmail(credentials.email))?.id ?? "";
    const outcomes = await Promise.allSettled([
      auth.resetPassword({ token, password: "a new long passphrase" }),
      auth.changePassword({ userId, current: credentials.password, password: "another long passphrase" }),
    ]);
    expect(outcomes).toEqual([
      { status: "fulfilled", value: undefined },
      { status: "rejected", reason: expect.objectContaining({ code: "AUTH_INVALID_CREDENTIALS" }) },
    ]);
  } finally {
    await server.close();
  }
});
