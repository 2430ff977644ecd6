import fc from "fast-check";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { insertMany, type Postgres, page, sql } from "../src/index.ts";
import { ENGINES, Place } from "./engines.ts";

describe.each(ENGINES)("pages on %s", (engine) => {
  const place = new Place(engine);
  let db: Postgres;
  beforeEach(async () => {
    db = await place.open();
    await db.query("create table items (id int primary key, score int not null, at timestamptz not null)");
  });
  afterEach(() => place.clean());
  afterAll(() => place.close());
  const all = sql`select id, score from items`;

  test("a cursor whose position is not a value of its column is the client's error", async () => {
    const cursor = (position: string): string =>
      Buffer.from(JSON.stringify([["id asc"], [position]])).toString("base64url");
    for (const position of ["abc", "99999999999999999999", ""]) {
      const refused = page(db, all, { orderBy: [{ column: "id" }], after: cursor(position) });
      await expect(refused).rejects.toMatchObject({ code: "POSTGRES_CURSOR_INVALID", status: 400 });
    }
  });

  test("a query may end with a comment", async () => {
    await db.query("insert into items values (1, 1, now())");
    const commented = sql`select id from items -- all of them`;
    expect((await page(db, commented)).rows).toEqual([{ id: 1 }]);
    expect((await page(db, commented, { orderBy: ["id"] })).rows).toEqual([{ id: 1 }]);
  });

  test("null in a column of the order is refused as soon as it is read, also in the row after the page", async () => {
    const holes = sql`select * from (values (1, 'a'), (2, null)) as holes (id, name)`;
    await expect(page(db, holes, { limit: 1, orderBy: ["name", "id"] })).rejects.toThrow("must not be null");
    await expect(page(db, holes, { orderBy: ["name", "id"] })).rejects.toThrow("must not be null");
  });

  test.each([
    [{ limit: 0 }, "limit must be an integer from 1 to 1000; got 0"],
    [{ limit: 1001 }, "limit must be an integer from 1 to 1000; got 1001"],
    [{ limit: Number.NaN }, "limit must be"],
    [{ limit: "10" as never }, "limit must be"],
    [{ offset: -1 }, "offset must be an integer from 0"],
    [{ offset: 100_001 }, "offset must be"],
    [{ limit: 2.5 }, "limit must be"],
  ])("%o is refused as the client's error", async (options, message) => {
    const refused = page(db, all, options);
    await expect(refused).rejects.toMatchObject({ code: "POSTGRES_PAGE_INVALID", status: 400 });
    await expect(refused).rejects.toThrow(message);
  });

  test("limits of 1 and of 1000 and offset 0 are allowed", async () => {
    await insertMany(
      db,
      "items",
      [1, 2].map((id) => ({ id, score: id, at: new Date(0) })),
    );
    expect(await page(db, sql`select id from items order by id`, { limit: 1 })).toEqual({
      rows: [{ id: 1 }],
      limit: 1,
      hasMore: true,
    });
    expect(await page(db, all, { limit: 1000, offset: 0 })).toMatchObject({ hasMore: false });
    expect((await page(db, sql`select id from items order by id`, { limit: 1, offset: 1 })).rows).toEqual([{ id: 2 }]);
  });

  test("malformed options of the programmer are TypeErrors", async () => {
    const wrong: [object, string][] = [
      [{ after: "x" }, "after and key need orderBy"],
      [{ orderBy: [] }, "orderBy must be an array"],
      [{ orderBy: ["id"], offset: 1 }, "offset cannot be used with orderBy"],
      [{ orderBy: [{ column: "id", direction: "up" }] }, "direction must be asc or desc"],
      [{ orderBy: ["id"], key: "short" }, "key must be a string or bytes of at least 32 bytes"],
      [{ size: 5 }, 'no option "size"'],
    ];
    for (const [options, message] of wrong) {
      await expect(page(db, all, options)).rejects.toThrow(TypeError);
      await expect(page(db, all, options)).rejects.toThrow(message);
    }
    await expect(page(db, "select 1" as never)).rejects.toThrow("query must be a statement of sql");
  });

  test("a walk by cursor meets every row once and in order, in any mixture of directions", async () => {
    const rows = Array.from({ length: 60 }, (_, id) => ({ id, score: (id * 7) % 5, at: new Date(id % 3) }));
    await insertMany(db, "items", rows);
    const direction = fc.constantFrom("asc" as const, "desc" as const);
    await fc.assert(
      fc.asyncProperty(direction, direction, direction, fc.integer({ min: 1, max: 25 }), async (a, b, c, limit) => {
        const orderBy = [
          { column: "score", direction: a },
          { column: "at", direction: b },
          { column: "id", direction: c },
        ];
        const query = sql`select * from items`;
        const seen: unknown[] = [];
        let after: string | undefined;
        do {
          const part = await page(db, query, { limit, orderBy, after });
          seen.push(...part.rows.map((row) => row.id));
          after = part.next;
        } while (after !== undefined);
        const { rows: expected } = await db.query(`select id from items order by score ${a}, at ${b}, id ${c}`);
        expect(seen).toEqual(expected.map((row) => row.id));
      }),
      { numRuns: 10 },
    );
  });

  test("rows that are added and removed during a walk make no row appear twice or go missing", async () => {
    await insertMany(
      db,
      "items",
      Array.from({ length: 40 }, (_, n) => ({ id: n * 10, score: 0, at: new Date(0) })),
    );
    const seen: number[] = [];
    let after: string | undefined;
    let step = 0;
    do {
      const part = await page<{ id: number }>(db, all, { limit: 7, orderBy: ["id"], after });
      seen.push(...part.rows.map((row) => row.id));
      after = part.next;
      const last = seen.at(-1) ?? 0;
      await db.query(
        sql`insert into items values (${last - 5}, 0, now()), (${last + 1 + step}, 0, now()) on conflict do nothing`,
      );
      await db.query(sql`delete from items where id = ${last}`);
      step++;
    } while (after !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    for (let n = 0; n < 40; n++) expect(seen).toContain(n * 10);
  });

  test("a cursor is refused if it was made for another order, was changed, or is nonsense", async () => {
    await insertMany(
      db,
      "items",
      [1, 2, 3].map((id) => ({ id, score: 0, at: new Date(0) })),
    );
    const key = "k".repeat(32);
    const { next = "" } = await page(db, all, { limit: 1, orderBy: ["id"], key });
    const invalid = { code: "POSTGRES_CURSOR_INVALID", status: 400 };
    const flipped = (next[3] === "A" ? "B" : "A") + next.slice(1);
    const longer = `${next}A`;
    for (const after of [
      flipped,
      longer,
      "",
      "%%%",
      "e30",
      next.slice(0, 8),
      "A".repeat(5000),
      5 as never,
      null as never,
    ])
      await expect(page(db, all, { limit: 1, orderBy: ["id"], key, after }), String(after)).rejects.toMatchObject(
        invalid,
      );
    await expect(page(db, all, { orderBy: ["score", "id"], key, after: next })).rejects.toMatchObject(invalid);
    await expect(page(db, all, { orderBy: ["id"], key: "x".repeat(32), after: next })).rejects.toMatchObject(invalid);
    await expect(page(db, all, { orderBy: ["id"], after: next })).rejects.toMatchObject(invalid);
    expect((await page(db, all, { limit: 5, orderBy: ["id"], key, after: next })).rows).toHaveLength(2);
  });

  test("a cursor's values are bound and never run", async () => {
    await db.query("insert into items values (1, 0, now())");
    const after = Buffer.from(JSON.stringify([["id asc"], ["0); drop table items; --"]])).toString("base64url");
    await expect(page(db, all, { orderBy: ["id"], after })).rejects.toMatchObject({
      code: "POSTGRES_CURSOR_INVALID",
      cause: { code: "22P02" },
    });
    expect((await db.query("select count(*)::int as n from items")).rows[0]?.n).toBe(1);
  });
});

describe.each(ENGINES)("insertMany on %s", (engine) => {
  const place = new Place(engine);
  let db: Postgres;
  beforeEach(async () => {
    db = await place.open();
    await db.query(`create table facts (id bigint primary key, name text, tags text[], doc jsonb, list jsonb, bytes bytea,
      at timestamptz, ok boolean, amount numeric(10, 2), grid int[])`);
  });
  afterEach(() => place.clean());
  afterAll(() => place.close());
  const row = (id: bigint | number) => ({
    id,
    name: 'quo"te, \\ {x}',
    tags: ["a,b", 'c"d', "e\\f", "NULL", ""],
    doc: { a: [1, null] },
    list: [1, "x"],
    bytes: Buffer.from([0, 255]),
    at: new Date("2026-01-02T03:04:05.678Z"),
    ok: true,
    amount: "1.50",
    grid: [
      [1, 2],
      [3, 4],
    ],
  });

  test("a value that is too long for its column is refused and not cut", async () => {
    await db.query(`drop domain if exists short, tags cascade; create domain short as varchar(3);
      create table strict (v varchar(3), c char(3), b bit(4), s short, vs varchar(3)[])`);
    for (const row of [{ v: "abcd" }, { c: "abcd" }, { b: "10101" }, { s: "abcd" }, { vs: ["abcd"] }])
      await expect(insertMany(db, "strict", [row])).rejects.toMatchObject({
        code: expect.stringMatching(/^22(001|026)$/),
      });
    expect(await insertMany(db, "strict", [{ v: "abc", c: "ab", b: "1010", s: "abc", vs: ["abc"] }])).toBe(1);
    const { rows } = await db.query("select v, c::text, b::text, s, vs from strict");
    expect(rows).toEqual([{ v: "abc", c: "ab", b: "1010", s: "abc", vs: ["abc"] }]);
  });

  test("domains over arrays, dates beyond four digits and -0 arrive as they are", async () => {
    await db.query(`drop domain if exists tags cascade; create domain tags as text[];
      create table edges (t tags, at timestamptz, f float8)`);
    const years = [1, 0, -5, 9999, 10_000, 200_000].map((year) => new Date(new Date(0).setUTCFullYear(year)));
    const rows = years.map((at) => ({ t: ["a,b", '"', null], at, f: -0 }));
    await insertMany(db, "edges", rows);
    const { rows: found } = await db.query(
      "select t::text[] as t, extract(year from at at time zone 'UTC')::int as year, f::text as f from edges order by at",
    );
    // There is no year 0: the year before 1 is 1 BC, which PostgreSQL counts as -1.
    expect(found.map(({ year }) => year)).toEqual([-6, -1, 1, 9999, 10_000, 200_000]);
    expect(found[0]).toMatchObject({ t: ["a,b", '"', null], f: "-0" });
  });

  test("writes values of every type so that they are read as they were", async () => {
    expect(
      await insertMany(db, "facts", [row(9007199254740993n), { ...row(2), tags: null, doc: null, ok: null }]),
    ).toBe(2);
    const { rows } = await db.query("select * from facts order by id desc");
    expect(rows[0]).toEqual({ ...row(1), id: "9007199254740993" });
    expect(rows[1]).toMatchObject({ id: "2", tags: null, doc: null, ok: null });
  });

  test("any text is read as it was written", async () => {
    let id = 0;
    const text = fc
      .string({ unit: "binary", maxLength: 30 })
      .filter((value) => !value.includes("\0") && value.isWellFormed());
    await fc.assert(
      fc.asyncProperty(text, fc.array(text, { maxLength: 4 }), async (name, tags) => {
        id++;
        await insertMany(db, "facts", [{ id, name, tags }]);
        const { rows } = await db.query("select name, tags from facts where id = $1", [id]);
        expect(rows[0]).toEqual({ name, tags });
      }),
      { numRuns: 30 },
    );
  });

  test("several batches are inserted together or not at all", async () => {
    const rows = Array.from({ length: 25 }, (_, id) => ({ id, name: "n" }));
    expect(await insertMany(db, "facts", rows, { batch: 10 })).toBe(25);
    await db.query("delete from facts where id >= 5");
    const again = insertMany(db, "facts", rows.toReversed(), { batch: 10 });
    await expect(again).rejects.toMatchObject({ code: "23505" });
    expect((await db.query("select count(*)::int as n from facts")).rows[0]?.n).toBe(5);
    const kept = await insertMany(db, "facts", rows, { batch: 10, onConflict: sql`on conflict (id) do nothing` });
    expect(kept).toBe(20);
  });

  test("takes more rows than the protocol has parameters", async () => {
    const rows = Array.from({ length: 70_000 }, (_, id) => ({ id, name: "n" }));
    expect(await insertMany(db, "facts", rows, { batch: 70_000 })).toBe(70_000);
  });

  test("refuses rows of different columns, unknown columns and values without a text", async () => {
    const wrong: [unknown, string][] = [
      [[{ id: 1 }, { id: 2, name: "x" }], "rows[1] must have the columns of rows[0] (id)"],
      [[{ id: 1 }, null], "rows[1] must have the columns"],
      [[{}], "rows[0] must have at least one column"],
      [[{ id: 1, colour: "red" }], 'has no column "colour"'],
      [[{ id: () => 1 }], "rows[0].id cannot be written"],
      [[{ id: 1, tags: ["a", Symbol("x")] }], "rows[0].tags[1] cannot be written"],
      [[{ id: 1, at: new Date(Number.NaN) }], "rows[0].at must be a valid date"],
      ["rows", "rows must be an array"],
    ];
    for (const [rows, message] of wrong) await expect(insertMany(db, "facts", rows as never)).rejects.toThrow(message);
    expect(await insertMany(db, "facts", [])).toBe(0);
    expect((await db.query("select 1 from facts")).rows).toEqual([]);
  });

  test("a table's name cannot carry a statement", async () => {
    const refused = insertMany(db, 'facts"; drop table facts; --', [{ id: 1 }]);
    await expect(refused).rejects.toMatchObject({ code: "42P01" });
    expect((await db.query("select 1 from facts")).rows).toEqual([]);
  });
});
