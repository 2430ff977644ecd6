import fc from "fast-check";
import { z } from "zod";
import { list, postgresUrl, secretText } from "../src/index.ts";

/** A schema, a value that it takes, and the secrets in that. */
export interface Sample {
  readonly schema: z.ZodType;
  readonly value: unknown;
  readonly needles: readonly string[];
}

let count = 0;
const needle = (): string => `needle${(count++).toString(36).padStart(4, "0")}needle`;
const secretMeta = { secret: true };

const openLeaf = fc.constantFrom<() => Sample>(
  () => ({ schema: z.string(), value: "plain", needles: [] }),
  () => ({ schema: z.number(), value: 5, needles: [] }),
  () => ({ schema: z.boolean().default(true), value: false, needles: [] }),
);

/** Each of the ways in which a leaf can be secret. */
const secretLeaf = fc.constantFrom<(text: string) => Sample>(
  (text) => ({ schema: z.string().meta(secretMeta), value: text, needles: [text] }),
  (text) => ({ schema: z.preprocess((value) => value, z.string().meta(secretMeta)), value: text, needles: [text] }),
  (text) => ({ schema: z.string().trim().pipe(z.string().meta(secretMeta)), value: text, needles: [text] }),
  (text) => ({ schema: z.string().meta(secretMeta).pipe(z.string().min(1)), value: text, needles: [text] }),
  (text) => ({
    schema: z
      .string()
      .meta(secretMeta)
      .transform((value) => `made of ${value}`),
    value: text,
    needles: [text],
  }),
  (text) => ({ schema: secretText().transform((value) => value.reveal()), value: text, needles: [text] }),
  (text) => ({
    schema: z.object({ password: z.string().meta(secretMeta) }).transform(({ password }) => `dsn ${password}`),
    value: { password: text },
    needles: [text],
  }),
  (text) => ({
    schema: z
      .object({ host: z.string(), key: z.string().meta(secretMeta) })
      .transform((value) => ({ ...value, url: `${value.host} ${value.key}` })),
    value: { host: "h", key: text },
    needles: [text],
  }),
  (text) => ({ schema: z.preprocess((value) => value, secretText()), value: text, needles: [text] }),
  (text) => ({ schema: secretText(), value: text, needles: [text] }),
  (text) => ({ schema: postgresUrl(), value: `postgres://app:${text}@db/x`, needles: [text] }),
  (text) => ({ schema: z.string().default("redis://:dev@h"), value: `redis://:${text}@h`, needles: [text] }),
  (text) => ({ schema: z.url().prefault("redis://:dev@h"), value: `redis://:${text}@h`, needles: [text] }),
  (text) => ({ schema: z.object({ apiKey: z.string() }), value: { apiKey: text }, needles: [text] }),
  (text) => ({ schema: z.object({ a: z.string() }).meta(secretMeta), value: { a: text }, needles: [text] }),
  (text) => ({ schema: z.array(z.string()).meta(secretMeta), value: [text], needles: [text] }),
  (text) => ({ schema: list(z.string().meta(secretMeta)), value: `${text},b`, needles: [text] }),
  (text) => ({ schema: list(postgresUrl()), value: [`postgres://app:${text}@db/x`], needles: [text] }),
  (text) => ({
    schema: z.templateLiteral(["x-", z.string().meta(secretMeta)]),
    value: `x-${text}`,
    needles: [text],
  }),
);

const wrapper = fc.constantFrom<(schema: z.ZodType) => z.ZodType>(
  (schema) => schema,
  (schema) => schema.optional(),
  (schema) => schema.nullable(),
  (schema) => schema.readonly(),
  (schema) => schema.refine(() => true),
  (schema) => z.lazy(() => schema),
  (schema) => z.preprocess((value) => value, schema),
  (schema) => schema.optional().nonoptional(),
  (schema) => schema.catch(undefined as never),
);

const container = fc.constantFrom<(inner: Sample) => Sample>(
  ({ schema, value, needles }) => ({ schema: z.array(schema), value: [value, value], needles }),
  ({ schema, value, needles }) => ({ schema: z.tuple([z.number(), schema]), value: [1, value], needles }),
  ({ schema, value, needles }) => ({ schema: z.tuple([z.number()], schema), value: [1, value], needles }),
  ({ schema, value, needles }) => ({ schema: z.record(z.string(), schema), value: { some: value }, needles }),
  ({ schema, value, needles }) => ({ schema: z.map(z.string(), schema), value: new Map([["a", value]]), needles }),
  ({ schema, value, needles }) => ({ schema: z.set(schema), value: new Set([value]), needles }),
  ({ schema, value, needles }) => ({ schema: z.object({ inner: schema, port: z.number() }), value: { inner: value, port: 1 }, needles }),
  ({ schema, value, needles }) => ({ schema: z.looseObject({ inner: schema }), value: { inner: value, more: 1 }, needles }),
  ({ schema, value, needles }) => ({ schema: z.object({ a: z.number() }).catchall(schema), value: { a: 1, b: value }, needles }),
  ({ schema, value, needles }) => ({ schema: z.union([z.literal("auto"), schema]), value, needles }),
  ({ schema, value, needles }) => ({
    schema: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("a"), inner: schema }),
      z.object({ kind: z.literal("b"), path: z.string() }),
    ]),
    value: { kind: "a", inner: value },
    needles,
  }),
  ({ schema, value, needles }) => ({
    schema: z.intersection(z.object({ inner: schema }), z.object({ port: z.number() })),
    value: { inner: value, port: 1 },
    needles,
  }),
); // biome-ignore format: one line for each container

const leaf = fc.oneof(
  { weight: 4, arbitrary: secretLeaf.map((make) => () => make(needle())) },
  { weight: 1, arbitrary: openLeaf },
);
const sample = fc.tuple(leaf, fc.array(fc.tuple(wrapper, container, wrapper), { maxLength: 3 })).map(([make, steps]) =>
  steps.reduce(({ schema, value, needles }, [before, contain, after]) => {
    const contained = contain({ schema: before(schema), value, needles });
    return { ...contained, schema: after(contained.schema) };
  }, make()),
);
/** The members of an object schema. */
export const samples: fc.Arbitrary<Record<string, Sample>> = fc.dictionary(
  fc.constantFrom("alpha", "beta", "gamma"),
  sample,
  { minKeys: 1, maxKeys: 3 },
);
