import { secret } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { describe, expect, it } from "vitest";
import { openVault } from "./open-vault.ts";
import { formatOtpauth } from "./otp.ts";
import { memoryStore } from "./stores/memory-store.ts";

const key = new Uint8Array(32).fill(3);

describe("one-time passwords", () => {
  it("come from an entry whose value is an otpauth URI, with the time they still hold", async () => {
    const clock = manualClock(59_000);
    await using vault = await openVault({ store: memoryStore(), key, create: true, clock, autoLock: false });
    const uri = formatOtpauth({
      secret: secret<Uint8Array>(Buffer.from("12345678901234567890123456789012")),
      algorithm: "SHA256",
      digits: 8,
      account: "ops",
      issuer: "Acme",
    });
    await vault.set("factor", uri);
    expect(vault.totp("factor")).toEqual({ code: "46119246", expiresIn: 1000 });
    await clock.advance("1s");
    expect(vault.totp("factor").expiresIn).toBe(30_000);
    await vault.set("plain", "no URI");
    expect(() => vault.totp("plain")).toThrow(expect.objectContaining({ code: "VAULT_NOT_TOTP" }));
    expect(() => vault.totp("missing")).toThrow(expect.objectContaining({ code: "VAULT_NOT_FOUND" }));
    await vault.set("old", uri, { expiresAt: clock.now() + 1 });
    await clock.advance(1);
    expect(() => vault.totp("old")).toThrow(expect.objectContaining({ code: "VAULT_EXPIRED" }));
  });
});
