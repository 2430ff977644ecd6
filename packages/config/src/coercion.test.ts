import { describe, expect, it } from "vitest";
import { z } from "zod";
import { byteSize, duration, envTemplate, isConfigError, loadConfig, type Schema } from "./index.ts";

const REFUSED = Symbol("refused");

/** The value of a variable that has this text, or `REFUSED`. */
async function read(schema: Schema, text: string): Promise<unknown> {
  try {
    const config = await loadConfig(z.object({ value: schema as z.ZodType }), {
      directory: false,
      env: { VALUE: text },
    });
    return config.value;
  } catch (error) {
    if (isConfigError(error)) return REFUSED;
    throw error;
  }
}

async function issuesOf(schema: Schema, value: unknown): Promise<readonly object[]> {
  try {
    await loadConfig(z.object({ value: schema as z.ZodType }), { directory: false, env: {}, overrides: { value } });
  } catch (error) {
    if (isConfigError(error)) return error.issues;
    throw error;
  }
  throw new Error("the value was accepted");
}

describe("a string is read as", () => {
  it.each([
    ["0", 0],
    ["-0.5", -0.5],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["9007199254740992", REFUSED],
    ["-9007199254740991", Number.MIN_SAFE_INTEGER],
    ["-9007199254740992", REFUSED],
    [`0.${"5".repeat(62)}`, 5 / 9],
    [`0.${"5".repeat(63)}`, REFUSED],
    ["00", REFUSED],
    ["-", REFUSED],
    [".5", REFUSED],
    ["5.", REFUSED],
  ])("a number: %s", async (text, value) => {
    const found = await read(z.number(), text);
    if (typeof value === "number") expect(found).toBeCloseTo(value, 12);
    else expect(found).toBe(value);
  });

  it.each([
    ["12345678901234567890", 12345678901234567890n],
    ["-1", -1n],
    ["9".repeat(4096), BigInt("9".repeat(4096))],
    ["9".repeat(4097), REFUSED],
    ["1.0", REFUSED],
    ["0x10", REFUSED],
  ])("a bigint: %s", async (text, value) => expect(await read(z.bigint(), text)).toBe(value));

  it.each([
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["2026-01-31", "2026-01-31T00:00:00.000Z"],
    ["2026-04-30", "2026-04-30T00:00:00.000Z"],
    ["2026-12-31", "2026-12-31T00:00:00.000Z"],
    ["2026-12-31T23:59:59.5+01:00", "2026-12-31T22:59:59.500Z"],
    ["2023-02-29", REFUSED],
    ["2026-02-30", REFUSED],
    ["2026-04-31", REFUSED],
    ["2026-12-32", REFUSED],
    ["2026-13-01", REFUSED],
    ["2026-01-01T25:00:00Z", REFUSED],
    ["2026-01-01T10:00", REFUSED],
    ["1 January 2026", REFUSED],
  ])("a date: %s", async (text, value) => {
    const found = await read(z.date(), text);
    expect(found instanceof Date ? found.toISOString() : found).toBe(value);
  });

  it.each([
    ["TRUE", true],
    ["Off", false],
    ["2", REFUSED],
    ["y", REFUSED],
  ])("a boolean: %s", async (text, value) => expect(await read(z.boolean(), text)).toBe(value));

  it("null only if it is that word", async () => {
    expect(await read(z.null(), "null")).toBe(null);
    expect(await read(z.null(), "nil")).toBe(REFUSED);
  });

  it("the first member of a union that accepts it", async () => {
    const union = z.union([z.number().max(10), z.boolean(), z.string()]);
    expect(await read(union, "7")).toBe(7);
    expect(await read(union, "11")).toBe("11");
    expect(await read(union, "no")).toBe(false);
    expect(await read(z.union([z.boolean(), z.number()]), "1")).toBe(true);
    expect(await read(z.union([z.number(), z.boolean()]), "word")).toBe(REFUSED);
  });

  it("the literal or choice that is written so", async () => {
    expect(await read(z.literal([1, "2", true]), "1")).toBe(1);
    expect(await read(z.literal([1, "2", true]), "2")).toBe("2");
    expect(await read(z.literal([1, "2", true]), "true")).toBe(true);
    expect(await read(z.literal([1, "2", true]), "3")).toBe(REFUSED);
  });
});

describe("a union of objects", () => {
  const storage = z.discriminatedUnion("driver", [
    z.object({ driver: z.literal("disk"), path: z.string(), size: z.number() }),
    z.object({ driver: z.literal("cloud"), bucket: z.string(), retries: z.number().max(5) }),
  ]);

  it("is read as the member that accepts it", async () => {
    expect(await read(storage, '{"driver":"disk","path":"/x","size":"7"}')).toEqual({
      driver: "disk",
      path: "/x",
      size: 7,
    });
    expect(await read(storage, '{"driver":"cloud","bucket":"b","retries":"5"}')).toEqual({
      driver: "cloud",
      bucket: "b",
      retries: 5,
    });
  });

  it("reports the problems of the member that the discriminator names", async () => {
    const issues = await issuesOf(storage, { driver: "cloud", bucket: "b", retries: "many" });
    expect(issues).toEqual([expect.objectContaining({ path: "value", expected: "a number (item retries)" })]);
  });
});

describe("an empty string", () => {
  it("in an object means that the member is missing, unless the member is a string", async () => {
    const schema = z.record(z.string(), z.object({ name: z.string().optional(), size: z.number().optional() }));
    const config = await loadConfig(z.object({ value: schema }), {
      directory: false,
      env: {},
      overrides: { value: { a: { name: "", size: "" } } },
    });
    expect(config.value).toEqual({ a: { name: "" } });
  });
});

describe("a field with a unit", () => {
  const template = (schema: Schema): string => envTemplate(z.object({ value: schema as z.ZodType }));

  it.each([
    [duration().default(0), "0ms"],
    [duration().default(1), "1ms"],
    [duration().default(1000), "1s"],
    [duration().default(1500), "1500ms"],
    [duration().default(5_400_000), "90m"],
    [duration().default(172_800_000), "2d"],
    [byteSize().default(0), "0b"],
    [byteSize().default(1000), "1kb"],
    [byteSize().default(1024), "1kib"],
    [byteSize().default(1025), "1025b"],
  ])("writes its default in the largest unit that divides it (%#)", (schema, text) => {
    expect(template(schema)).toContain(`# VALUE=${text}\n`);
  });

  it("names only the bounds that were given", () => {
    const words = (schema: Schema): string => /# value: (.*)/.exec(template(schema))?.[1] ?? "";
    const plain = 'a duration such as "250ms", "30s" or "1h30m"';
    expect(words(duration())).toBe(plain);
    expect(words(duration({ min: "1s" }))).toBe(`${plain} of at least 1s`);
    expect(words(duration({ max: "2d" }))).toBe(`${plain} of at most 2d`);
    expect(words(duration({ min: 0, max: "1500ms" }))).toBe(`${plain} of at least 0ms and of at most 1500ms`);
  });

  it("includes both bounds, which may be equal", async () => {
    const schema = duration({ min: "1s", max: "2s" });
    for (const text of ["1s", "1500ms", "2s"]) expect(await read(schema, text)).not.toBe(REFUSED);
    for (const text of ["999ms", "2001ms"]) expect(await read(schema, text)).toBe(REFUSED);
    expect(await read(byteSize({ min: "1kib", max: 1024 }), "1kib")).toBe(1024);
    expect(() => duration({ min: "2s", max: "1999ms" })).toThrow("duration: min must not be more than max");
  });

  it.each([duration, byteSize])("%o refuses null in place of a missing bound", (field) => {
    expect(() => field({ min: null as never })).toThrow(TypeError);
    expect(() => field({ max: null as never })).toThrow(TypeError);
  });
});
