import fc from "fast-check";
import { expect, test } from "vitest";
import { NeedleIndex } from "./needle-index.ts";

// Few different characters, so that texts overlap, contain each other and collide.
const word = (least: number, most: number) =>
  fc.string({ unit: fc.constantFrom("a", "b", "é", "%", "😀", "/"), minLength: least, maxLength: most });

test("finds exactly the texts that occur, whatever was added and removed before", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ needle: word(6, 14), owner: fc.nat(3), isRemoved: fc.boolean() }), { maxLength: 60 }),
      fc.array(word(0, 40), { maxLength: 20 }),
      (entries, texts) => {
        const index = new NeedleIndex<number>();
        for (const { needle, owner } of entries) index.add(needle, owner);
        const removed = entries.filter(({ isRemoved }) => isRemoved);
        for (const { needle, owner } of removed) index.remove(needle, owner);
        const left = entries.filter(
          (entry) => !removed.some(({ needle, owner }) => needle === entry.needle && owner === entry.owner),
        );
        for (const text of [...texts, ...entries.map(({ needle }) => `x${needle}y`)]) {
          const expected = new Set(left.filter(({ needle }) => text.includes(needle)).map(({ owner }) => owner));
          const found = new Set<number>();
          index.collect(text, found);
          expect(found).toEqual(expected);
          expect(index.has(text)).toBe(expected.size > 0);
        }
      },
    ),
  );
});

test("finds each of thousands, and none of those that are removed", () => {
  const index = new NeedleIndex<number>();
  const needle = (i: number): string => `sk-live-${(i * 2654435761).toString(36)}-${i}`;
  for (let i = 0; i < 3000; i++) index.add(needle(i), i);
  for (let i = 0; i < 3000; i += 2) index.remove(needle(i), i);
  for (let i = 0; i < 3000; i++) expect(index.has(`{"key":"${needle(i)}"}`)).toBe(i % 2 === 1);
  for (let i = 1; i < 3000; i += 2) index.remove(needle(i), i);
  expect(index.has(needle(1))).toBe(false);
  index.add("abcdef", 1);
  expect(index.has("xxabcdefxx")).toBe(true);
});
