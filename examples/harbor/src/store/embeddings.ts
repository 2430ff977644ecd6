import { type Postgres, sql } from "@seaworthy/postgres";
import { errors } from "../errors.ts";

/** The largest number of embeddings that are kept. A search compares the query with each of them. */
const MOST_EMBEDDINGS = 10_000;

/** A vector of length 1 under the id that the client gave it. */
export interface StoredEmbedding {
  id: string;
  vector: readonly number[];
}

/** An embedding that a search found. */
export interface Match {
  id: string;
  /** The cosine of the angle between the two vectors, -1 to 1. */
  similarity: number;
}

/** The embeddings that the service keeps. */
export interface Embeddings {
  /**
   * Stores a vector, in place of one with the same id, and resolves with the number of embeddings. Rejects with
   * `HARBOR_STORE_FULL` if a new one does not fit, and then stores nothing.
   */
  put(embedding: StoredEmbedding): Promise<number>;
  /** The nearest embeddings to a vector of length 1, the nearest one first. */
  nearest(vector: readonly number[], limit: number): Promise<Match[]>;
}

/** Keeps embeddings in the table `embeddings`. */
export function createEmbeddings(db: Postgres, most: number = MOST_EMBEDDINGS): Embeddings {
  return {
    put: ({ id, vector }) =>
      db.transaction(async (tx) => {
        await tx.query("lock table embeddings in share row exclusive mode"); // no two requests can take the last place
        await tx.query(sql`insert into embeddings (id, vector) values (${id}, ${vector})
          on conflict (id) do update set vector = excluded.vector`);
        const { rows } = await tx.query<{ stored: number }>(sql`select count(*)::int as stored from embeddings`);
        const stored = rows[0]?.stored ?? 0;
        if (stored > most) throw errors.HARBOR_STORE_FULL({ limit: most });
        return stored;
      }),
    async nearest(vector, limit) {
      // The product of two vectors of length 1 is the cosine of the angle between them.
      const { rows } = await db.query<{ id: string; similarity: number }>(sql`
        select id, (select sum(a * b) from unnest(vector, ${vector}::float8[]) as component (a, b)) as similarity
        from embeddings where cardinality(vector) = ${vector.length} order by similarity desc, id limit ${limit}`);
      return rows;
    },
  };
}
