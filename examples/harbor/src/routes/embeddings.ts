import { reply } from "@seaworthy/http";
import { type Embedding, embedding } from "@seaworthy/validators";
import { z } from "zod";
import type { Records } from "../store/records.ts";
import type { Mount } from "./mount.ts";

/** The largest number of embeddings that are kept. A search compares the query with each of them. */
export const MOST_EMBEDDINGS = 10_000;

/** A vector of length 1 under the id that the client gave it. */
export interface StoredEmbedding {
  id: string;
  vector: number[];
}

/** Store vectors and find the nearest ones by cosine similarity. */
export function embeddingRoutes(mount: Mount, dimensions: number, embeddings: Records<StoredEmbedding>): void {
  const vector = embedding({ dimensions });
  const stored = z.strictObject({ id: z.string().regex(/^[\w.-]{1,64}$/), vector });
  const query = z.strictObject({ vector, limit: z.int().min(1).max(1000).default(5) });
  mount("post", "/embeddings", { body: stored }, async ({ body: { id, vector } }) => {
    return reply(201, { id, stored: await embeddings.put(id, { id, vector: unit(vector) }) });
  });
  mount("post", "/embeddings/search", { body: query }, async ({ body }) => {
    const wanted = unit(body.vector);
    const { items } = await embeddings.page({ skip: 0, limit: MOST_EMBEDDINGS });
    const matches = items.map(({ id, vector }) => ({ id, similarity: dot(wanted, vector) }));
    return { matches: matches.sort((a, b) => b.similarity - a.similarity).slice(0, body.limit) };
  });
}

/** Scaled by the largest component first, so that no square overflows. */
function unit(values: Embedding): number[] {
  const largest = Math.max(...values.map(Math.abs));
  const scaled = Array.from(values, (value) => value / largest);
  const length = Math.hypot(...scaled);
  return scaled.map((value) => value / length);
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
