import { boundedJson, embedding, findPersonalData, text, validate } from "@seaworthy/validators";
import * as z from "zod";
import { compare } from "./harness.ts";

const DIMENSIONS = 1536;

function bareLoop(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

const floats = Float32Array.from({ length: DIMENSIONS }, (_, i) => Math.sin(i + 1) / 27.7);
const numbers = [...floats];
const vector = embedding({ dimensions: DIMENSIONS });
const unit = embedding({ dimensions: DIMENSIONS, normalized: true, tolerance: 0.5 });
const document = z.object({ id: z.string(), vector });
const zodArray = z.array(z.number()).length(DIMENSIONS);
const zodCompiled = z.compile(zodArray);
const zodFloats = z
  .instanceof(Float32Array)
  .refine((values) => values.length === DIMENSIONS && values.every(Number.isFinite));

await compare(`A Float32Array of ${DIMENSIONS}`, {
  "bare Number.isFinite loop": () => bareLoop(floats),
  "embedding, validate()": () => validate(vector, floats),
  "embedding, safeParse": () => vector.safeParse(floats),
  "embedding, normalized": () => unit.safeParse(floats),
  "embedding in an object, validate()": () => validate(document, { id: "a", vector: floats }),
  "zod, instanceof and every()": () => zodFloats.safeParse(floats),
});

await compare(`A list of ${DIMENSIONS} numbers`, {
  "bare Number.isFinite loop": () => bareLoop(numbers),
  "embedding, validate()": () => validate(vector, numbers),
  "zod, array of numbers": () => zodArray.safeParse(numbers),
  "zod, array of numbers, compiled": () => zodCompiled.safeParse(numbers),
});

const bad = Float32Array.from(floats, () => Number.NaN);
const badNumbers = [...bad];
await compare(`A vector of ${DIMENSIONS} NaN`, {
  embedding: () => vector.safeParse(bad).error?.issues.length,
  "zod, array of numbers": () => zodArray.safeParse(badNumbers).error?.issues.length,
});

const order = z.object({
  id: z.uuid(),
  items: z.array(z.object({ sku: z.string().min(1), qty: z.int().min(1) })),
});
const input = {
  id: "3f2b8c1e-8a54-4a7e-9c1d-0e8a2b6f1c33",
  items: Array.from({ length: 20 }, (_, i) => ({ sku: `s${i}`, qty: i + 1 })),
};
await compare("An order of 20 items", {
  "zod's safeParse": () => order.safeParse(input),
  "validate()": () => validate(order, input),
});

const json = JSON.stringify({
  orders: Array.from({ length: 200 }, (_, i) => ({
    ...input,
    at: `2026-01-01T00:00:${i % 60}Z`,
    note: 'a "quoted" note',
  })),
});
const limits = { bytes: "1mb", depth: 16, keys: 100_000 };
await compare(`JSON of ${Math.round(json.length / 1000)} kB`, {
  "JSON.parse": () => JSON.parse(json),
  boundedJson: () => boundedJson(json, limits),
});

const name = text({ graphemes: 100, bytes: 1000 });
const ascii = "A comment of the usual length, in plain ASCII letters.";
const mixed = "Zoë 👨‍👩‍👧‍👦 می‌خواهم — a comment in several scripts";
const zodText = z.string().min(1).max(100);
await compare("A line of text", {
  "zod, length in UTF-16 units": () => zodText.safeParse(ascii),
  "text, ASCII": () => name.safeParse(ascii),
  "text, several scripts": () => name.safeParse(mixed),
});

const log = "user ada@example.com paid with card ending 1111 from 203.0.113.7 at 2026-01-01T00:00:00Z; ".repeat(10);
await compare(`Personal data in ${log.length} characters`, { findPersonalData: () => findPersonalData(log) });
