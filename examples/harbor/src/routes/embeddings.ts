import { reply } from "@seaworthy/http";
import { type Embedding, embedding } from "@seaworthy/validators";
import { z } from "zod";
import { errors } from "../errors.ts";
import type { Mount } from "./mount.ts";

const MOST_EMBEDDINGS = 10_000;

/** Store vectors and find the nearest ones by cosine similarity. */
export function embeddingRoutes(mount: Mount, dimensions: number): void {
  const vector = embedding({ dimensions });
  const stored = z.strictObject({ id: z.string().regex(/^[\w.-]{1,64}$/), vector });
  const query = z.strictObject({ vector, limit: z.int().min(1).max(1000).default(5) });
  const store = new Map<string, Float64Array>();
  mount("post", "/embeddings", { body: stored }, ({ body }) => {
    if (store.size >= MOST_EMBEDDINGS && !store.has(body.id))
      throw errors.HARBOR_STORE_FULL({ limit: MOST_EMBEDDINGS });
    store.set(body.id, unit(body.vector));
    return reply(201, { id: body.id, stored: store.size });
  });
  mount("post", "/embeddings/search", { body: query }, ({ body }) => {
    const wanted = unit(body.vector);
    const matches = [...store].map(([id, candidate]) => ({ id, similarity: dot(wanted, candidate) }));
    return { matches: matches.sort((a, b) => b.similarity - a.similarity).slice(0, body.limit) };
  });
}

/** Scaled by the largest component first, so that no square overflows. */
function unit(values: Embedding): Float64Array {
  const largest = Math.max(...values.map(Math.abs));
  const scaled = Float64Array.from(values, (value) => value / largest);
  const length = Math.hypot(...scaled);
  return scaled.map((value) => value / length);
}

const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
