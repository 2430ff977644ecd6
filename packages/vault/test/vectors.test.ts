import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Credential, fileStore, openVault } from "../src/index.ts";
import { readVault } from "./independent-reader.ts";

interface Vector {
  readonly name: string;
  readonly credential: Credential;
  readonly files: Readonly<Record<string, string>>;
}
interface Good extends Vector {
  readonly epoch: number;
  readonly entries: readonly { name: string; version: number; value: string }[];
}
interface Broken extends Vector {
  readonly code: string;
}

const path = join(import.meta.dirname, "../../../docs/reference/vault-vectors.json");
const { good, broken } = JSON.parse(readFileSync(path, "utf8")) as { good: Good[]; broken: Broken[] };
let directory: string;
let count = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vault-vectors-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function layOut({ files }: Vector): Promise<string> {
  const place = join(directory, `${count++}`);
  await mkdir(join(place, "v.d"), { recursive: true, mode: 0o700 });
  for (const [name, bytes] of Object.entries(files))
    await writeFile(name === "head" ? join(place, "v") : join(place, "v.d", name), Buffer.from(bytes, "base64"), {
      mode: 0o600,
    });
  return join(place, "v");
}

describe("the published vaults", () => {
  it.each(good)("$name", async (vector) => {
    const place = await layOut(vector);
    await using vault = await openVault({ store: fileStore(place), ...vector.credential, autoLock: false });
    expect(vault.epoch).toBe(vector.epoch);
    const found = vault.list().flatMap(({ name }) => vault.history(name));
    expect(found).toEqual(vector.entries.map(({ value: _, ...facts }) => facts));
    for (const { name, version, value } of vector.entries) {
      const bytes = (await vault.getBytes(name, { version, allowExpired: true })).reveal();
      expect(Buffer.from(bytes).toString("base64")).toBe(value);
    }
    await vault.verify();
  });

  it.each(good.filter(({ credential }) => credential.recovery === undefined))(
    "$name, by the second reader",
    async (vector) => {
      const { key, password } = vector.credential as Record<string, string>;
      const credential = key === undefined ? { password: password as string } : { raw: Buffer.from(key, "hex") };
      const { epoch, values } = await readVault(await layOut(vector), credential);
      expect(epoch).toBe(vector.epoch);
      const expected = vector.entries.map(({ name, version, value }) => [
        `${name}@${version}`,
        Buffer.from(value, "base64").toString(),
      ]);
      expect(values).toEqual(new Map(expected as [string, string][]));
    },
  );
});

describe("the published broken vaults", () => {
  it("are fifty and more, with different names", () => {
    expect(broken.length).toBeGreaterThanOrEqual(50);
    expect(new Set(broken.map(({ name }) => name)).size).toBe(broken.length);
  });

  it.each(broken)("$name: $code", async (vector) => {
    const store = fileStore(await layOut(vector));
    const outcome = await openVault({ store, ...vector.credential, autoLock: false }).then(
      // A kept key is looked at when the root is replaced.
      async (vault) =>
        vault.rotateKeys().then(
          () => "opens",
          (error: { code: string }) => error.code,
        ),
      (error: { code: string }) => error.code,
    );
    expect(outcome).toBe(vector.code);
  });
});
