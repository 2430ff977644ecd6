import { secret } from "@seaworthy/core";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { type Fields, openFields, type RewrappedRow } from "./fields.ts";
import { memoryStore, openVault, type Vault, type VaultStore } from "./index.ts";

const key = new Uint8Array(32).fill(3);
const code = (expected: string): object => expect.objectContaining({ code: expected });
let store: VaultStore;
let vault: Vault;
let fields: Fields;

beforeEach(async () => {
  store = memoryStore();
  vault = await openVault({ store, key, create: true, autoLock: false });
  fields = await openFields({ vault, name: "fields/customers", scope: "customers", create: true });
});

function openAgain(options: object = {}): Promise<Fields> {
  return openFields({ vault, name: "fields/customers", scope: "customers", ...options });
}

describe("a sealed field", () => {
  it("opens in its place, whatever its value is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.uint8Array(), fc.bigInt({ min: 0n }), (text, bytes, row) => {
        expect(fields.open("name", row, fields.seal("name", row, text))).toBe(text);
        expect(fields.openBytes("photo", row, fields.sealBytes("photo", row, bytes))).toEqual(Buffer.from(bytes));
      }),
    );
    expect(fields.open("name", 1, fields.seal("name", 1, secret("hidden")))).toBe("hidden");
  });

  it("does not show which values are equal, and shows its key's number alone", () => {
    const [one, two] = [fields.seal("name", 7, "Ada"), fields.seal("name", 7, "Ada")];
    expect(one).not.toBe(two);
    expect([fields.keyOf(one), fields.keyOf(two)]).toEqual([1, 1]);
  });

  it("opens with an id that a driver returns as a string or a bigint", () => {
    const sealed = fields.seal("name", 7, "Ada");
    expect([fields.open("name", "7", sealed), fields.open("name", 7n, sealed)]).toEqual(["Ada", "Ada"]);
  });

  it("does not open in another row, column or scope, or with other keys", async () => {
    const sealed = fields.seal("iban", 7, "DE02");
    const elsewhere = await openAgain({ scope: "suppliers" });
    const others = await openAgain({ name: "fields/others", create: true });
    const attempts = [
      () => fields.open("iban", 8, sealed),
      () => fields.open("bic", 7, sealed),
      () => elsewhere.open("iban", 7, sealed),
      () => others.open("iban", 7, sealed),
    ];
    for (const attempt of attempts) expect(attempt).toThrow(code("VAULT_FIELD_INVALID"));
    // The parts of a place cannot be shifted into each other.
    const shifted = fields.seal("a", "bc", "x");
    expect(() => fields.open("ab", "c", shifted)).toThrow(code("VAULT_FIELD_INVALID"));
  });

  it("with any bit flipped, cut to any length, or longer does not open", () => {
    const sealed = fields.sealBytes("iban", 7, "DE02");
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const isOfKey = bit >= 8 && bit < 40;
      expect(() => fields.open("iban", 7, changed), `bit ${bit}`).toThrow(
        code(isOfKey ? "VAULT_FIELD_KEY_MISSING" : "VAULT_FIELD_INVALID"),
      );
    }
    for (let length = 0; length < sealed.length; length++)
      expect(() => fields.open("iban", 7, sealed.subarray(0, length))).toThrow(code("VAULT_FIELD_INVALID"));
    expect(() => fields.open("iban", 7, Buffer.concat([sealed, Buffer.alloc(1)]))).toThrow(code("VAULT_FIELD_INVALID"));
  });

  it("with the number of another key in front does not open", async () => {
    const sealed = fields.sealBytes("iban", 7, "DE02");
    await fields.rotate();
    const changed = Buffer.from(sealed);
    changed.writeUInt32BE(2, 1);
    expect(() => fields.open("iban", 7, changed)).toThrow(code("VAULT_FIELD_INVALID"));
    expect(fields.open("iban", 7, sealed)).toBe("DE02");
  });

  it("that is not one is refused with a clear code", () => {
    const sealed = fields.seal("iban", 7, "DE02");
    for (const wrong of ["", "plain text", `${sealed}=`, ` ${sealed}`, `${sealed.slice(0, -1)}~`, "A".repeat(3e6)])
      expect(() => fields.open("iban", 7, wrong)).toThrow(code("VAULT_FIELD_INVALID"));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(() => fields.openBytes("iban", 7, bytes)).toThrow(/cannot be opened|is missing/);
      }),
    );
    for (const wrong of [null, undefined, 7, {}, []])
      expect(() => fields.open("iban", 7, wrong as never)).toThrow(TypeError);
  });

  it("of bytes that are not UTF-8 opens as bytes alone", () => {
    const sealed = fields.seal("photo", 7, Uint8Array.of(0xff, 0));
    expect(() => fields.open("photo", 7, sealed)).toThrow(code("VAULT_NOT_TEXT"));
    expect([...fields.openBytes("photo", 7, sealed)]).toEqual([0xff, 0]);
  });

  it.each([
    ["column", () => fields.seal("", 7, "x")],
    ["column", () => fields.seal(null as never, 7, "x")],
    ["column", () => fields.open("x".repeat(300), 7, "x")],
    ["row", () => fields.seal("a", Number.NaN, "x")],
    ["row", () => fields.seal("a", 0.5, "x")],
    ["row", () => fields.seal("a", "", "x")],
    ["row", () => fields.seal("a", "\ud800", "x")],
    ["row", () => fields.seal("a", undefined as never, "x")],
    ["value", () => fields.seal("a", 7, null as never)],
    ["value", () => fields.seal("a", 7, 5 as never)],
    ["value", () => fields.seal("a", 7, "\ud800")],
    ["value", () => fields.seal("a", 7, new Uint8Array(2 ** 20 + 1))],
    ["value", () => fields.seal("a", 7, "é".repeat(2 ** 19 + 1))],
    ["value", () => fields.index("a", undefined as never)],
  ])("needs a sound %s", (what, attempt) => {
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow(what);
  });
});

describe("a blind index", () => {
  it("is equal for equal values of a column, and for nothing else", async () => {
    const index = fields.index("email", "ada@example.com");
    expect(fields.index("email", Buffer.from("ada@example.com"))).toBe(index);
    expect((await openAgain()).index("email", "ada@example.com")).toBe(index);
    expect(fields.index("email", "bob@example.com")).not.toBe(index);
    expect(fields.index("login", "ada@example.com")).not.toBe(index);
    expect((await openAgain({ scope: "suppliers" })).index("email", "ada@example.com")).not.toBe(index);
  });

  it("has as many bits as asked for, and stays the same when the key is replaced", async () => {
    const index = fields.index("email", "ada@example.com");
    expect(Buffer.from(index, "base64url")).toHaveLength(8);
    const short = (await openAgain({ indexBits: 16 })).index("email", "ada@example.com");
    expect(Buffer.from(short, "base64url")).toEqual(Buffer.from(index, "base64url").subarray(0, 2));
    await fields.rotate();
    expect(fields.index("email", "ada@example.com")).toBe(index);
  });
});

describe("keys of fields", () => {
  it("are read once: a locked and closed vault does not matter any more", async () => {
    const sealed = fields.seal("name", 7, "Ada");
    await vault.close();
    expect(fields.open("name", 7, sealed)).toBe("Ada");
  });

  it("made by another process are unknown until they are loaded", async () => {
    const other = await openAgain();
    expect(await other.rotate()).toBe(2);
    const sealed = other.seal("name", 7, "Ada");
    expect(() => fields.open("name", 7, sealed)).toThrow(code("VAULT_FIELD_KEY_MISSING"));
    await fields.refresh();
    expect(fields.keys).toEqual([1, 2]);
    expect(fields.open("name", 7, sealed)).toBe("Ada");
    expect(fields.keyOf(fields.seal("name", 7, "Ada"))).toBe(2);
  });

  it("are made once by many that come first at the same moment", async () => {
    const many = await Promise.all(Array.from({ length: 5 }, () => openAgain({ name: "fields/new", create: true })));
    const sealed = many.map((one) => one.seal("name", 7, "Ada"));
    for (const one of many) expect(sealed.map((text) => one.open("name", 7, text))).toEqual(Array(5).fill("Ada"));
    expect(vault.list({ prefix: "fields/new/" }).map(({ versions }) => versions)).toEqual([1, 1]);
  });

  it("that are missing or malformed are named", async () => {
    await expect(openAgain({ name: "fields/none" })).rejects.toThrow(code("VAULT_FIELD_KEY_MISSING"));
    await vault.set("fields/short/1", "not a key");
    await vault.set("fields/short/index", new Uint8Array(32));
    await expect(openAgain({ name: "fields/short" })).rejects.toMatchObject({
      code: "VAULT_FIELD_KEY_MISSING",
      context: { name: "fields/short/1" },
    });
    await vault.remove("fields/customers/index");
    await expect(openAgain()).rejects.toMatchObject({ context: { name: "fields/customers/index" } });
  });

  it("are forgotten when the fields are closed", async () => {
    const sealed = fields.seal("name", 7, "Ada");
    fields.close();
    const attempts = [
      () => fields.open("name", 7, sealed),
      () => fields.seal("name", 7, "x"),
      () => fields.index("a", "x"),
    ];
    for (const attempt of attempts) expect(attempt).toThrow(code("VAULT_LOCKED"));
    await expect(fields.rotate()).rejects.toThrow(code("VAULT_LOCKED"));
  });

  it.each([
    ["vault", { vault: {} }],
    ["name", { name: "" }],
    ["name", { name: "x".repeat(250) }],
    ["scope", { scope: "" }],
    ["create", { create: "yes" }],
    ["indexBits", { indexBits: 8 }],
    ["indexBits", { indexBits: 20 }],
    ["indexBits", { indexBits: Number.NaN }],
    ["no option", { columns: [] }],
  ])("need sound options: %s", async (what, options) => {
    await expect(openAgain(options)).rejects.toThrow(TypeError);
    await expect(openAgain(options)).rejects.toThrow(what);
  });
});

describe("rewrap", () => {
  const table = new Map<number, string>();
  const read = async (after: unknown, limit: number) =>
    [...table]
      .filter(([row]) => row > Number(after ?? 0))
      .slice(0, limit)
      .map(([row, sealed]) => ({ row, sealed }));
  const write = (rows: readonly RewrappedRow<string>[]): void => {
    for (const { row, sealed, previous } of rows)
      if (table.get(Number(row)) === previous) table.set(Number(row), sealed);
  };

  beforeEach(() => {
    table.clear();
    for (let row = 1; row <= 25; row++) table.set(row, fields.seal("name", row, `value ${row}`));
  });

  it("encrypts anew in batches what an older key has sealed", async () => {
    await fields.rotate();
    table.set(3, fields.seal("name", 3, "new"));
    const sizes: number[] = [];
    const counting = (rows: readonly RewrappedRow<string>[]): void => {
      sizes.push(rows.length);
      write(rows);
    };
    const options = { column: "name", read, write: counting, batch: 10 };
    expect(await fields.rewrap(options)).toEqual({ read: 25, rewrapped: 24 });
    expect(sizes).toEqual([9, 10, 5]);
    for (const [row, sealed] of table) {
      expect(fields.keyOf(sealed)).toBe(2);
      expect(fields.open("name", row, sealed)).toBe(row === 3 ? "new" : `value ${row}`);
    }
    expect(await fields.rewrap(options)).toEqual({ read: 25, rewrapped: 0 });
    // Nothing is left that needs the old key.
    await vault.remove("fields/customers/1");
    const later = await openAgain();
    expect([...table].map(([row, sealed]) => later.open("name", row, sealed))).toHaveLength(25);
  });

  it("keeps the form of a value, and the change of another writer", async () => {
    await fields.rotate();
    const bytes = Buffer.from(table.get(1) ?? "", "base64url");
    let written: readonly RewrappedRow<Uint8Array>[] = [];
    await fields.rewrap<Uint8Array>({
      column: "name",
      read: async (after) => (after === undefined ? [{ row: 1, sealed: bytes }] : []),
      write: (rows) => {
        written = rows;
      },
    });
    expect(written[0]?.sealed).toBeInstanceOf(Uint8Array);
    expect(written[0]?.previous).toBe(bytes);
  });

  it("stops at a value that does not open, and keeps the batches before it", async () => {
    table.set(12, fields.seal("name", 13, "moved"));
    await fields.rotate();
    await expect(fields.rewrap({ column: "name", read, write, batch: 10 })).rejects.toThrow(
      code("VAULT_FIELD_INVALID"),
    );
    expect([...table.values()].map((sealed) => fields.keyOf(sealed)).join("")).toBe("2".repeat(10) + "1".repeat(15));
  });

  it("stops between two batches when it is aborted", async () => {
    await fields.rotate();
    const controller = new AbortController();
    const stopping = (rows: readonly RewrappedRow<string>[]): void => {
      write(rows);
      controller.abort(new Error("enough"));
    };
    const options = { column: "name", read, write: stopping, batch: 10, signal: controller.signal };
    await expect(fields.rewrap(options)).rejects.toThrow("enough");
    expect([...table.values()].filter((sealed) => fields.keyOf(sealed) === 2)).toHaveLength(10);
  });

  it("refuses callbacks and options that it could not come to an end with", async () => {
    const sound = { column: "name", read, write };
    const same = async () => [{ row: 9, sealed: table.get(9) ?? "" }];
    await expect(fields.rewrap({ ...sound, read: same })).rejects.toThrow(/read must return rows that follow/);
    for (const [name, wrong] of Object.entries({ column: "", read: 1, write: null, batch: 0, signal: {} }))
      await expect(fields.rewrap({ ...sound, [name]: wrong })).rejects.toThrow(name);
  });
});
