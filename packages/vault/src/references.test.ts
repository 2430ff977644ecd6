import { isSecret } from "@seaworthy/core";
import { describe, expect, it } from "vitest";
import { openVault } from "./open-vault.ts";
import { vaultReferences } from "./references.ts";
import { memoryStore } from "./stores/memory-store.ts";

describe("references", () => {
  it("resolve to secrets, with the scheme or without", async () => {
    await using vault = await openVault({ store: memoryStore(), key: new Uint8Array(32), create: true });
    await vault.set("upstream/api-key", "value");
    const resolve = vaultReferences(vault);
    for (const reference of ["vault://upstream/api-key", "upstream/api-key"]) {
      const value = await resolve(reference);
      expect(isSecret(value)).toBe(true);
      expect(value.reveal()).toBe("value");
    }
    await expect(resolve("vault://other")).rejects.toMatchObject({ code: "VAULT_NOT_FOUND" });
    await expect(resolve(7 as never)).rejects.toThrow(TypeError);
    expect(() => vaultReferences({} as never)).toThrow(/vault must be/);
  });
});
