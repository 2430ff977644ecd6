import { boundedJson, pagination } from "@seaworthy/validators";
import { expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { edge } from "./node.ts";
import { type RouteInput, reply } from "./route.ts";

test("what a handler gets has the types that its schemas give, and nothing else", () => {
  const front = edge();
  const body = z.object({ item: z.string(), quantity: z.coerce.number() });
  const route = front.route({ body, query: pagination({ status: ["open"] }) }, (input) => {
    expectTypeOf(input.body).toEqualTypeOf<{ item: string; quantity: number }>();
    expectTypeOf(input.query.limit).toEqualTypeOf<number>();
    expectTypeOf(input.query.status).toEqualTypeOf<"open" | undefined>();
    expectTypeOf(input.params).toEqualTypeOf<undefined>();
  });
  expectTypeOf<RouteInput<{ body: typeof body }>["query"]>().toEqualTypeOf<undefined>();
  expect(route).toBeTypeOf("function");
  expect(boundedJson("{}")).toEqual({});
});

test.each([[199], [600], [200.5], [Number.NaN]])("a reply with status %d is refused", (status) => {
  expect(() => reply(status)).toThrow(TypeError);
});

test("a reply whose headers could not be sent is refused where it is made", () => {
  expect(() => reply(302, undefined, { location: "/a\r\nset-cookie: b=c" })).toThrow(TypeError);
  expect(() => reply(200, undefined, { "a b": "c" })).toThrow(TypeError);
});
