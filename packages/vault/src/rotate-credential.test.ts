import type { Secret } from "@seaworthy/core";
import { describe, expect, it } from "vitest";
import { openVault } from "./open-vault.ts";
import { type RotateCredentialOptions, rotateCredential } from "./rotate-credential.ts";
import { memoryStore } from "./stores/memory-store.ts";
import type { Vault } from "./vault.ts";

const key = new Uint8Array(32).fill(3);

async function withCredential(): Promise<Vault> {
  const vault = await openVault({ store: memoryStore(), key, create: true });
  await vault.set("db", "old", { rotateAfter: "30d" });
  return vault;
}

type Value = Secret<string>;

interface Provider {
  readonly calls: string[];
  readonly held: { value: string };
  apply(next: Value, current: Value): Promise<void>;
  verify(value: Value): Promise<boolean>;
}

/** A provider that knows one value, and fails as often as the test wants. */
function provider({ apply = 0, verify = 0 } = {}): Provider {
  const calls: string[] = [];
  const held = { value: "old" };
  const left = { apply, verify };
  return {
    calls,
    held,
    apply: async (next, current) => {
      calls.push(`apply ${next.reveal()} over ${current.reveal()}`);
      if (left.apply-- > 0) throw new Error("provider is down");
      held.value = next.reveal();
    },
    verify: async (value) => {
      calls.push(`verify ${value.reveal()}`);
      return left.verify-- <= 0 && value.reveal() === held.value;
    },
  };
}

const generate = (): string => "new";

describe("rotating a credential", () => {
  it("applies, verifies, and only then makes the new value the current one", async () => {
    await using vault = await withCredential();
    const { apply, verify, calls, held } = provider();
    expect(await rotateCredential(vault, "db", { apply, verify, generate })).toEqual({
      name: "db",
      version: 2,
      resumed: false,
    });
    expect(calls).toEqual(["apply new over old", "verify new"]);
    expect((await vault.get("db")).reveal()).toBe("new");
    expect(held.value).toBe("new");
    expect(vault.list().map(({ name }) => name)).toEqual(["db"]);
    expect(vault.list()[0]?.rotateAt).toBeDefined();
  });

  it("makes a value of 256 random bits where it is not told how", async () => {
    await using vault = await withCredential();
    const { apply, verify } = provider();
    await rotateCredential(vault, "db", { apply, verify });
    expect((await vault.get("db")).reveal()).toMatch(/^[\w-]{43}$/);
  });

  it.each([
    ["applying", { apply: 1 }],
    ["verifying", { verify: 1 }],
  ])("puts the old value back when %s fails", async (_, failures) => {
    await using vault = await withCredential();
    const { apply, verify, held } = provider(failures);
    await expect(rotateCredential(vault, "db", { apply, verify, generate })).rejects.toMatchObject({
      code: "VAULT_ROTATION_FAILED",
      context: { name: "db", restored: true },
    });
    expect((await vault.get("db")).reveal()).toBe("old");
    expect(held.value).toBe("old");
    expect(vault.list().map(({ name }) => name)).toEqual(["db"]);
  });

  it("keeps the new value at hand when the old one cannot be put back, and goes on from it the next time", async () => {
    await using vault = await withCredential();
    const first = provider({ apply: 0, verify: 9 });
    await expect(rotateCredential(vault, "db", { ...first, generate } as never)).rejects.toThrow(TypeError);
    const { apply, verify } = first;
    await expect(rotateCredential(vault, "db", { apply, verify, generate })).rejects.toMatchObject({
      context: { restored: false },
    });
    expect((await vault.get("db~next")).reveal()).toBe("new");
    const later = provider();
    later.held.value = "new";
    const resumed = await rotateCredential(vault, "db", {
      apply: later.apply,
      verify: later.verify,
      generate: () => "unused",
    });
    expect(resumed).toEqual({ name: "db", version: 2, resumed: true });
    expect((await vault.get("db")).reveal()).toBe("new");
    expect(later.calls).toEqual(["verify new"]);
  });

  it("begins anew after a crash before the provider took the value", async () => {
    await using vault = await withCredential();
    await vault.set("db~next", "never applied");
    const { apply, verify, calls } = provider();
    await rotateCredential(vault, "db", { apply, verify, generate });
    expect(calls).toEqual(["verify never applied", "verify old", "apply new over old", "verify new"]);
    expect(vault.list().map(({ name }) => name)).toEqual(["db"]);
  });

  it("throws nothing away when neither value holds at the provider", async () => {
    await using vault = await withCredential();
    await vault.set("db~next", "maybe");
    const { apply, verify, held } = provider();
    held.value = "something else";
    await expect(rotateCredential(vault, "db", { apply, verify, generate })).rejects.toMatchObject({
      code: "VAULT_ROTATION_FAILED",
      context: { restored: false },
    });
    expect((await vault.get("db~next")).reveal()).toBe("maybe");
    expect((await vault.get("db")).reveal()).toBe("old");
  });

  it("is undone when its signal aborts, even while a step hangs", async () => {
    await using vault = await withCredential();
    const { apply, verify } = provider();
    const controller = new AbortController();
    let calls = 0;
    const hanging = (value: Value): unknown => {
      calls += 1;
      if (calls > 1) return verify(value);
      queueMicrotask(() => controller.abort(new Error("no patience")));
      return new Promise(() => undefined);
    };
    const attempt = rotateCredential(vault, "db", {
      apply,
      verify: hanging,
      generate,
      signal: controller.signal,
    });
    await expect(attempt).rejects.toMatchObject({ context: { restored: true }, cause: { message: "no patience" } });
    expect((await vault.get("db")).reveal()).toBe("old");
  });

  it("leaves provider and vault alone when its signal has aborted before anything changed", async () => {
    await using vault = await withCredential();
    const { apply, verify, calls } = provider();
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(rotateCredential(vault, "db", { apply, verify, generate, signal })).rejects.toThrow("too late");
    expect(calls).toEqual([]);
    await vault.set("db~next", "maybe");
    const controller = new AbortController();
    const asking = (): Promise<never> => {
      controller.abort(new Error("no patience"));
      return new Promise(() => undefined);
    };
    await expect(
      rotateCredential(vault, "db", { apply, verify: asking, generate, signal: controller.signal }),
    ).rejects.toThrow("no patience");
    expect(calls).toEqual([]);
    expect(vault.list().map(({ name }) => name)).toEqual(["db", "db~next"]);
  });

  it("shows no value in its errors", async () => {
    await using vault = await withCredential();
    const { apply, verify } = provider({ verify: 9 });
    const error = await rotateCredential(vault, "db", { apply, verify, generate: () => "brand-new-value" }).catch(
      (e: Error) => e,
    );
    expect(
      JSON.stringify([(error as Error).message, (error as unknown as { context: unknown }).context]),
    ).not.toContain("brand-new");
  });

  it.each<[object, RegExp]>([
    [{ apply: 1, verify: () => true }, /apply must be/],
    [{ apply: () => true }, /verify must be/],
    [{ apply: () => true, verify: () => true, generate: "x" }, /generate must be/],
    [{ apply: () => true, verify: () => true, signal: {} }, /signal must be/],
    [{ apply: () => true, verify: () => true, undo: 1 }, /no option "undo"/],
    [{ apply: () => true, verify: () => true, generate: () => "" }, /generate must return/],
  ])("refuses %o", async (options, message) => {
    await using vault = await withCredential();
    await expect(rotateCredential(vault, "db", options as RotateCredentialOptions)).rejects.toThrow(message);
  });

  it("says why it failed even if it cannot clear up behind itself", async () => {
    await using vault = await withCredential();
    const { apply, verify } = provider({ apply: 1 });
    const restoring = async (value: Value): Promise<boolean> => {
      vault.lock(); // as idleness does while a provider takes its time
      return verify(value);
    };
    await expect(rotateCredential(vault, "db", { apply, verify: restoring, generate })).rejects.toMatchObject({
      code: "VAULT_ROTATION_FAILED",
      context: { restored: true },
      cause: { message: "provider is down" },
    });
    await vault.unlock({ key });
    expect((await rotateCredential(vault, "db", { apply, verify, generate })).version).toBe(2);
  });

  it("fails for an entry that is not there", async () => {
    await using vault = await withCredential();
    const { apply, verify } = provider();
    await expect(rotateCredential(vault, "x", { apply, verify })).rejects.toMatchObject({ code: "VAULT_NOT_FOUND" });
  });
});
