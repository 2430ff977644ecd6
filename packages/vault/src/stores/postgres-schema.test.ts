import { describe, expect, it } from "vitest";
import { postgresStore } from "./postgres-store.ts";

const client = { query: () => Promise.reject(new Error("no query is expected")) };

describe("the schema of a store in PostgreSQL", () => {
  it.each(["vault", "_x1", "a".repeat(63)])("can be %j", (schema) => {
    expect(() => postgresStore(client, { schema })).not.toThrow();
  });

  it.each(["", "Vault", "1a", "a-b", 'a"; drop', "a".repeat(64), 7, null, ["vault"], { toString: () => "vault" }])(
    "cannot be %j",
    (schema) => {
      expect(() => postgresStore(client, { schema: schema as never })).toThrow(TypeError);
      expect(() => postgresStore(client, { schema: schema as never })).toThrow("schema must be");
    },
  );
});
