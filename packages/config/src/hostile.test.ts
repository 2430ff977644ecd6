import { Agent } from "node:http";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { issuesOf } from "../test/issues.ts";
import { workspace } from "../test/workspace.ts";
import { describeConfig, formatIssue, jsonSchema, loadConfig, secretText } from "./index.ts";

const nowhere = { directory: false as const, env: {}, profile: "test" };

describe("overrides that are not plain data", () => {
  it("may be instances of any class, cyclic ones among them", async () => {
    class Node {
      readonly self = this;
      get broken(): never {
        throw new Error("no");
      }
    }
    const [agent, node] = [new Agent(), new Node()];
    const schema = z.object({ agent: z.instanceof(Agent), node: z.any(), apiToken: z.any() });
    const config = await loadConfig(schema, { ...nowhere, overrides: { agent, node, apiToken: node } });
    expect(config.agent).toBe(agent);
    expect(config.node).toBe(node);
  });

  it("may be arrays that hold themselves", async () => {
    const cyclic: unknown[] = ["text"];
    cyclic.push(cyclic);
    const schema = z.object({ tags: z.array(z.any()), secrets: z.array(z.any()).meta({ secret: true }) });
    const config = await loadConfig(schema, { ...nowhere, overrides: { tags: cyclic, secrets: cyclic } });
    expect(config.tags[0]).toBe("text");
  });
});

describe("names that are made to deceive", () => {
  it("cannot break a message into lines, steer a terminal, or make it endless", async () => {
    await using at = await workspace();
    const keys = ["a\u001b[2J\nfake is missing", "\u202e\u2028", "k".repeat(100_000)];
    await at.write("config/default.json", Object.fromEntries(keys.map((key) => [key, 1])));
    const load = loadConfig(z.object({}), { ...nowhere, directory: at.directory });
    const issues = await issuesOf(load);
    expect(issues.map(({ path }) => path).sort()).toEqual([...keys].sort());
    const message = await load.catch((error: Error) => error.message);
    expect(message).toMatch(/^[\n -~…]*$/);
    expect(message).toContain("a\\u{1b}[2J\\u{a}fake is missing is unknown");
    expect(String(message).split("\n")).toHaveLength(4);
    expect(issues.map(formatIssue).join("").length).toBeLessThan(2000);
  });

  it("are shown up to the five hundredth, and are all among the issues", async () => {
    await using at = await workspace();
    await at.write("config/default.json", Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`key${n}`, 1])));
    const load = loadConfig(z.object({}), { ...nowhere, directory: at.directory });
    expect(await issuesOf(load)).toHaveLength(600);
    await expect(load).rejects.toThrow("and 100 more, which are in its issues");
  });
});

describe("what a schema gives out", () => {
  const schema = z.object({ tags: z.set(z.string()), rates: z.map(z.string(), z.array(z.number())), since: z.date() });
  const env = { TAGS: "a,b", RATES: '{"a":[1]}', SINCE: "2024-02-29" };

  it("cannot be changed where it is a Set, a Map or a Date", async () => {
    const config = await loadConfig(schema, { ...nowhere, env });
    const { tags, rates, since } = config as unknown as z.output<typeof schema>;
    const changes = [
      () => tags.add("c"),
      () => tags.delete("a"),
      () => tags.clear(),
      () => rates.set("b", []),
      () => rates.get("a")?.push(2),
      () => since.setTime(0),
      () => since.setUTCFullYear(1970),
    ];
    for (const change of changes) expect(change).toThrow(TypeError);
    expect([tags, rates, since].every(Object.isFrozen)).toBe(true);
    expect(config).toEqual({
      tags: new Set(["a", "b"]),
      rates: new Map([["a", [1]]]),
      since: new Date("2024-02-29T00:00:00Z"),
    });
    expect(structuredClone(config)).toEqual(config);
  });

  it("may be an instance of a class that a transform makes, and is refused if it is not an object", async () => {
    class Settings {
      readonly text: string;
      constructor({ text }: { text: string }) {
        this.text = text;
      }
    }
    const text = z.object({ text: z.string() });
    const settings = text.transform((value) => new Settings(value));
    const given = { ...nowhere, env: { TEXT: "known-to-nobody" } };
    expect(await loadConfig(settings, given)).toBeInstanceOf(Settings);
    const load = loadConfig(text.transform((value) => value.text) as never, given);
    await expect(load).rejects.toThrow(new TypeError("schema must return an object; got string"));
  });
});

describe("a date", () => {
  it.each(["2024-02-30", "2023-02-29", "2024-04-31T00:00Z", "2024-13-01", "2024-00-10", "2024-01-00"])(
    "that no calendar has is refused: %s",
    async (text) => {
      const [issue] = await issuesOf(loadConfig(z.object({ at: z.date() }), { ...nowhere, env: { AT: text } }));
      expect(issue?.problem).toBe("invalid");
    },
  );
});

describe("a problem", () => {
  it("names the whole path of a secret file that cannot be read, however long", async () => {
    const path = `/nonexistent/${"directory/".repeat(30)}key`;
    const [issue] = await issuesOf(loadConfig(z.object({ key: z.string() }), { ...nowhere, env: { KEY_FILE: path } }));
    expect(issue?.hint).toBe(`KEY_FILE names the file "${path}": ENOENT`);
  });

  it("of several values together quotes no secret, however short", async () => {
    const schema = z
      .object({ pin: z.string(), user: z.string() })
      .refine(() => false, { error: (issue) => `${JSON.stringify(issue.input)} do not fit` });
    const load = loadConfig(schema, { ...nowhere, env: { PIN: "q7", USER: "u" } });
    expect(await issuesOf(load)).toMatchObject([{ path: "", problem: "invalid", expected: "a valid value" }]);
    const harmless = schema.refine(() => false, "user and pin do not fit");
    const [, issue] = await issuesOf(loadConfig(harmless, { ...nowhere, env: { PIN: "q7", USER: "u" } }));
    expect(issue?.expected).toBe("user and pin do not fit");
  });

  it("of a text that does not match says so in a sentence", async () => {
    const schema = z.object({ code: z.string().startsWith("a-") });
    await expect(loadConfig(schema, { ...nowhere, env: { CODE: "b" } })).rejects.toThrow(
      'expected a value that must start with "a-"',
    );
  });
});

describe("a secret with a credential's name", () => {
  it("is refused when it is the value of the example", async () => {
    const schema = z.object({ password: z.string().meta({ example: "pl4in-Pa55word" }) });
    const [issue] = await issuesOf(loadConfig(schema, { ...nowhere, env: { PASSWORD: "pl4in-Pa55word" } }));
    expect(issue).toMatchObject({ path: "password", problem: "weak", hint: "it is the value of the example" });
  });
});

describe("a schema that is not an object", () => {
  it.each([z.string(), z.array(z.string()), z.record(z.string(), z.string())])("is refused", async (schema) => {
    await expect(loadConfig(schema as never, nowhere)).rejects.toThrow(
      new TypeError("schema must be an object schema of zod 4; got another type of schema"),
    );
  });
});

describe("jsonSchema", () => {
  it("takes every secret that is long enough, and a file that names its schema", () => {
    const json = jsonSchema(z.strictObject({ key: secretText({ minBytes: 32 }) }));
    const { key, $schema } = json.properties as Record<string, Record<string, unknown>>;
    expect(Buffer.byteLength("\u{1f511}".repeat(key?.minLength as number))).toBe(32);
    expect($schema).toEqual({ type: "string" });
  });
});

describe("an environment whose getter throws", () => {
  it("is refused by the name of the variable alone", async () => {
    const env = Object.defineProperty({}, "KEY", {
      enumerable: true,
      get: () => {
        throw new Error("the-value-of-key");
      },
    });
    await expect(loadConfig(z.object({ key: z.string() }), { ...nowhere, env })).rejects.toThrow(
      new TypeError("env.KEY must be readable; a getter or trap of it threw"),
    );
  });
});

describe("a lazy schema", () => {
  it("is read as what it stands for, a recursive one too", async () => {
    interface Tree {
      size: number;
      inner?: Tree[] | undefined;
    }
    const tree: z.ZodType<Tree> = z.lazy(() => z.object({ size: z.number(), inner: z.array(tree).optional() }));
    const schema = z.object({ limit: z.lazy(() => z.number()), tree });
    const env = { LIMIT: "5", TREE__SIZE: "1", TREE__INNER: '[{"size":"2","inner":[{"size":3}]}]' };
    expect(await loadConfig(schema, { ...nowhere, env })).toEqual({
      limit: 5,
      tree: { size: 1, inner: [{ size: 2, inner: [{ size: 3 }] }] },
    });
    expect(describeConfig(schema).map(({ env: name }) => name)).toEqual(["LIMIT", "TREE__SIZE", "TREE__INNER"]);
  });
});
