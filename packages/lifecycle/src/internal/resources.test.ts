import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Resources } from "./resources.ts";

function defined(...edges: [string, string[]][]): Resources {
  const resources = new Resources();
  for (const [name, after] of edges) resources.define(name, { after });
  return resources;
}
const names = (resources: Resources): string[] => resources.inOrder().map(({ name }) => name);

describe("the order of resources", () => {
  test("a resource comes behind those it names, also those defined later, otherwise in the order of definition", () => {
    expect(
      names(defined(["http", ["cache", "database"]], ["config", []], ["database", ["config"]], ["cache", []])),
    ).toEqual(["cache", "config", "database", "http"]);
  });

  test("any graph without a cycle comes out complete and with every resource behind its dependencies", () => {
    const graph = fc.array(fc.array(fc.nat(), { maxLength: 5 }), { minLength: 1, maxLength: 25 }).chain((rows) => {
      // Row i may only name rows below i; the order of definition is another one.
      const edges = rows.map((row, i): [string, string[]] => [`r${i}`, i === 0 ? [] : row.map((n) => `r${n % i}`)]);
      return fc.shuffledSubarray(edges, { minLength: edges.length });
    });
    fc.assert(
      fc.property(graph, (edges) => {
        const order = names(defined(...edges));
        expect([...order].sort()).toEqual(edges.map(([name]) => name).sort());
        for (const [name, after] of edges)
          for (const other of after) expect(order.indexOf(other)).toBeLessThan(order.indexOf(name));
      }),
    );
  });

  test("a chain of two thousand and a wide diamond are ordered without trouble", () => {
    const chain = Array.from({ length: 2000 }, (_, i): [string, string[]] => [`r${i}`, i === 0 ? [] : [`r${i - 1}`]]);
    expect(names(defined(...chain))).toHaveLength(2000);
    const layers = Array.from({ length: 40 }, (_, i): [string, string[]][] =>
      ["a", "b"].map((side) => [`${side}${i}`, i === 0 ? [] : [`a${i - 1}`, `b${i - 1}`]]),
    );
    expect(names(defined(...layers.flat()))).toHaveLength(80);
  });
});

describe("a definition is refused", () => {
  test("when it closes a cycle, with the way round in the message, and leaves no trace", () => {
    const resources = defined(["a", ["b"]], ["b", ["c"]]);
    expect(() => resources.define("c", { after: ["a"] })).toThrow(
      new TypeError('resource "c": after makes a cycle: c → a → b → c'),
    );
    resources.define("c", {});
    expect(names(resources)).toEqual(["c", "b", "a"]);
  });

  test("when it names itself", () => {
    expect(() => defined(["a", ["a"]])).toThrow(/cycle: a → a/);
  });

  test("whatever the cycle's length and wherever it is closed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer(), (length, seed) => {
        const edges = Array.from({ length }, (_, i): [string, string[]] => [`r${i}`, [`r${(i + 1) % length}`]]);
        const turn = Math.abs(seed) % length;
        expect(() => defined(...edges.slice(turn), ...edges.slice(0, turn))).toThrow(/makes a cycle/);
      }),
    );
  });

  test("when it names what is not defined, before anything is started, and says what there is", () => {
    expect(() => names(defined(["database", ["confg"]], ["config", []]))).toThrow(
      new TypeError('resource "database": after names "confg", which is not defined; the others are "config"'),
    );
    expect(() => names(defined(["database", ["config"]]))).toThrow(/no other resource is defined/);
  });

  test("when the name is taken", () => {
    expect(() => defined(["a", []], ["a", []])).toThrow('resource "a" is already defined');
  });

  test.each([
    ["name", "", {}],
    ["name", 7, {}],
    ["name", "x".repeat(65), {}],
    ["options", "a", null],
    ["options", "a", []],
    ["start", "a", { start: "now" }],
    ["stop", "a", { stop: 1 }],
    ["after", "a", { after: "config" }],
    ["after", "a", { after: [1] }],
    ["startTimeout", "a", { startTimeout: Number.NaN }],
    ["closeTimeout", "a", { closeTimeout: Number.POSITIVE_INFINITY }],
    ["closeTimeout", "a", { closeTimeout: "soon" }],
    ["no option", "a", { stopp: () => 1 }],
  ])("when its %s is malformed: %j %j", (what, name, options) => {
    expect(() => new Resources().define(name as string, options as never)).toThrow(TypeError);
    expect(() => new Resources().define(name as string, options as never)).toThrow(what);
  });
});
