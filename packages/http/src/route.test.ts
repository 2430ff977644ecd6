import { boundedJson, pagination } from "@seaworthy/validators";
import { expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { edge as expressEdge } from "./express.ts";
import { edge as fastifyEdge } from "./fastify.ts";
import { edge as honoEdge } from "./hono.ts";
import { createIdempotency } from "./idempotency.ts";
import { edge as koaEdge } from "./koa.ts";
import { edge } from "./node.ts";
import { reply } from "./reply.ts";
import type { RouteInput, RouteSchemas } from "./route.ts";

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

test("an idempotent route that cannot tell its callers apart is refused when it is made", () => {
  for (const open of [edge, expressEdge, fastifyEdge, honoEdge]) {
    expect(() => open().route({ idempotency: createIdempotency() }, () => 1)).toThrow(TypeError);
    expect(() => open().route({ idempotency: createIdempotency() }, () => 1)).toThrow(/tell callers apart/);
    for (const scope of ["credentials", () => "everyone"] as const)
      expect(open().route({ idempotency: createIdempotency({ scope }) }, () => 1)).toBeTypeOf("function");
    const known = open({ authenticate: () => ({ id: "u-1" }) });
    expect(known.route({ idempotency: createIdempotency() }, () => 1)).toBeTypeOf("function");
  }
});

test("a route with a permission is refused on an edge that does not decide about permissions", () => {
  for (const open of [edge, expressEdge, fastifyEdge, honoEdge, koaEdge]) {
    expect(() => open().route({ permission: "orders:write" }, () => 1)).toThrow(TypeError);
    expect(() => open().route({ permission: "orders:write" }, () => 1)).toThrow(/permission needs edge\(\{ can \}\)/);
    const deciding = open({ can: () => true });
    expect(deciding.route({ permission: "orders:write" }, () => 1)).toBeTypeOf("function");
    for (const permission of ["", 7, null])
      expect(() => deciding.route({ permission: permission as never }, () => 1)).toThrow(/route: permission must be/);
  }
});

test.each<[string, unknown, RegExp]>([
  ["an unknown part", { headers: {} }, /route has no option "headers"/],
  ["something else than a schema", { body: { type: "object" } }, /route: body must be a Standard Schema; got/],
  ["something else than an idempotency", { idempotency: true }, /route: idempotency must have run\(\); got true/],
])("%s of a route is refused when it is made", (_what, schemas, message) => {
  expect(() => edge().route(schemas as RouteSchemas, () => 1)).toThrow(message);
});
