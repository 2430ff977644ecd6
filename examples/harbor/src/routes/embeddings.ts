import { reply } from "@seaworthy/http";
import { type Embedding, embedding } from "@seaworthy/validators";
import { z } from "zod";
import type { Embeddings } from "../store/embeddings.ts";
import type { Mount } from "./mount.ts";

/** Store vectors and find the nearest ones by cosine similarity. */
export function embeddingRoutes(mount: Mount, dimensions: number, embeddings: Embeddings): void {
  const vector = embedding({ dimensions });
  const stored = z.strictObject({ id: z.string().regex(/^[\w.-]{1,64}$/), vector });
  const query = z.strictObject({ vector, limit: z.int().min(1).max(1000).default(5) });
  mount("post", "/embeddings", { body: stored }, async ({ body: { id, vector } }) => {
    return reply(201, { id, stored: await embeddings.put({ id, vector: unit(vector) }) });
  });
  mount("post", "/embeddings/search", { body: query }, async ({ body }) => {
    return { matches: await embeddings.nearest(unit(body.vector), body.limit) };
  });
}

/** Scaled by the largest component first, so that no square overflows. */
function unit(values: Embedding): number[] {
  const largest = Math.max(...values.map(Math.abs));
  const scaled = Array.from(values, (value) => value / largest);
  const length = Math.hypot(...scaled);
  return scaled.map((value) => value / length);
}
