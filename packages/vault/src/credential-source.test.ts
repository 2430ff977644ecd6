import { onTelemetry } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { describe, expect, it, vi } from "vitest";
import { type Entry, memoryStore, openVault } from "./index.ts";

const key = new Uint8Array(32).fill(3);
const code = (expected: string): object => expect.objectContaining({ code: expected });

describe("a source of credentials", () => {
  it("opens the vault, and unlocks it again after it was idle or its root key was replaced", async () => {
    const store = memoryStore();
    const clock = manualClock();
    const reasons: string[] = [];
    const credential = async (reason: string): Promise<{ key: Uint8Array }> => {
      reasons.push(reason);
      return { key };
    };
    await using vault = await openVault({ store, credential, create: true, clock, autoLock: "1m" });
    await vault.set("a", "one");
    await clock.advance("2m");
    expect(vault.isLocked).toBe(true);
    const values = await Promise.all([vault.get("a"), vault.get("a")]);
    expect(values.map((value) => value.reveal())).toEqual(["one", "one"]);
    await using operator = await openVault({ store, key, autoLock: false });
    await operator.rotateKeys();
    expect((await vault.get("a")).reveal()).toBe("one");
    await operator.rotateKeys();
    expect(await vault.set("a", "two")).toMatchObject({ version: 2 });
    expect(reasons).toEqual(["open", "idle", "rotated", "rotated"]);
  });

  it("is not asked after lock() or close()", async () => {
    const credential = vi.fn(() => ({ key }));
    const vault = await openVault({ store: memoryStore(), credential, create: true });
    vault.lock();
    await expect(vault.get("a")).rejects.toThrow(code("VAULT_LOCKED"));
    await vault.unlock({ key });
    await vault.close();
    await expect(vault.get("a")).rejects.toThrow(code("VAULT_LOCKED"));
    expect(credential).toHaveBeenCalledTimes(1);
  });

  it("that fails makes the call fail, and is called again by the next one", async () => {
    const clock = manualClock();
    let isDown = false;
    const credential = (): { key: Uint8Array } => {
      if (isDown) throw new Error("the key service is down");
      return { key };
    };
    await using vault = await openVault({ store: memoryStore(), credential, create: true, clock });
    await vault.set("a", "one");
    await clock.advance("6m");
    isDown = true;
    await expect(vault.get("a")).rejects.toThrow("the key service is down");
    isDown = false;
    expect((await vault.get("a")).reveal()).toBe("one");
  });

  it.each([
    [{ credential: "password" }, /credential must be a function that gives one; got a string of 8 characters/],
    [{ credential: () => ({ key }), key }, /either credential or key/],
    [{ credential: () => "password" }, /credential: options must be an object/],
    [{ credential: () => ({}) }, /what credential gives must have exactly one of password, key and recovery/],
  ])("of %o is refused", async (options, message) => {
    await expect(openVault({ store: memoryStore(), create: true, ...options } as never)).rejects.toThrow(message);
  });
});

describe("a watch", () => {
  it("reports new versions and removal by any process, and nothing else", async () => {
    const store = memoryStore();
    const clock = manualClock();
    await using vault = await openVault({ store, key, create: true, clock, autoLock: false });
    await using other = await openVault({ store, key, autoLock: false });
    await vault.set("a", "one");
    const seen: (number | undefined)[] = [];
    const stop = vault.watch("a", (entry: Entry | undefined) => seen.push(entry?.version), { every: "1s" });
    await other.set("b", "x");
    await clock.advance("1s");
    expect(seen).toEqual([]);
    await other.set("a", "two");
    await clock.advance("1s");
    await clock.advance("1s");
    expect(seen).toEqual([2]);
    await other.remove("a");
    await clock.advance("1s");
    expect(seen).toEqual([2, undefined]);
    await other.set("a", "again");
    await clock.advance("1s");
    expect(seen).toEqual([2, undefined, 1]);
    stop();
    await other.set("a", "unseen");
    await clock.advance("5s");
    expect(seen).toEqual([2, undefined, 1]);
  });

  it("ends with its signal and with the vault, and goes on after a listener or the store has failed", async () => {
    const store = memoryStore();
    const clock = manualClock();
    let isDown = false;
    const failing = { ...store, epoch: () => (isDown ? Promise.reject(new Error("down")) : store.epoch()) };
    const vault = await openVault({ store: failing, key, create: true, clock, autoLock: false });
    await using other = await openVault({ store, key, autoLock: false });
    const events: unknown[] = [];
    const unsubscribe = onTelemetry((record) => {
      if (record.name === "vault.watch") events.push(record.labels.reason);
    });
    const controller = new AbortController();
    const seen: number[] = [];
    const listener = (): void => {
      seen.push(1);
      throw new Error("listener");
    };
    vault.watch("a", listener, { every: "1s", signal: controller.signal });
    isDown = true;
    await clock.advance("1s");
    isDown = false;
    await other.set("a", "one");
    await clock.advance("1s");
    await other.set("a", "two");
    await clock.advance("1s");
    expect(seen).toEqual([1, 1]);
    expect(events).toEqual(["store", "listener", "listener"]);
    controller.abort();
    await other.set("a", "three");
    await clock.advance("2s");
    expect(seen).toEqual([1, 1]);
    vault.watch("a", listener);
    await vault.close();
    expect(clock.pending).toBe(0);
    expect(() => vault.watch("a", listener)).toThrow(code("VAULT_LOCKED"));
    unsubscribe();
  });

  it.each([
    [["", () => 1], /name must be/],
    [["a", 7], /listener must be a function; got 7/],
    [["a", () => 1, { every: 1 }], /every must be at least 10 ms; got 1/],
    [["a", () => 1, { signal: {} }], /signal must be an AbortSignal/],
  ])("of %o is refused", async (args, message) => {
    await using vault = await openVault({ store: memoryStore(), key, create: true });
    expect(() => vault.watch(...(args as unknown as Parameters<typeof vault.watch>))).toThrow(message);
  });
});
