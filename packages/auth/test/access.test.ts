import type { Principal } from "@seaworthy/core";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { AccessPrincipal } from "../src/access/access.ts";
import { createAccess } from "../src/access/create-access.ts";

const access = createAccess({
  roles: {
    reader: { allow: ["orders:read", "invoices:read"] },
    clerk: { inherits: ["reader"], allow: ["orders:write", "orders:items:*"] },
    manager: { inherits: ["clerk"], allow: ["orders:*"], deny: ["orders:purge"] },
    auditor: { deny: ["orders:write", "invoices:*"] },
    owner: { allow: ["*"] },
    loop: {},
  },
});
const can = (roles: readonly string[], permission: string): boolean => access.can({ id: "u-7", roles }, permission);

describe("a role", () => {
  it.each([
    [["reader"], "orders:read", true],
    [["reader"], "orders:write", false],
    [["reader"], "orders:reading", false],
    [["clerk"], "invoices:read", true],
    [["clerk"], "orders:items:add", true],
    [["clerk"], "orders:items", false],
    [["clerk"], "orders:itemsx:add", false],
    [["manager"], "orders:refund", true],
    [["manager"], "orders:items:deep:add", true],
    [["manager"], "orderss:read", false],
    [["manager"], "orders:purge", false],
    [["owner"], "anything:at:all", true],
    [["manager", "auditor"], "orders:write", false],
    [["auditor", "manager"], "orders:write", false],
    [["owner", "auditor"], "invoices:read", false],
    [["owner", "auditor"], "orders:read", true],
    [["removed", "reader"], "orders:read", true],
    [["__proto__", "constructor", "toString"], "orders:read", false],
    [[], "orders:read", false],
  ])("%j on %s: %s", (roles, permission, expected) => {
    expect(can(roles, permission)).toBe(expected);
  });

  it("denies in whatever order and company", () => {
    const roles = fc.shuffledSubarray(["reader", "clerk", "manager", "owner", "loop", "unknown"]);
    fc.assert(
      fc.property(roles, fc.nat(6), (others, at) => {
        expect(can(others.toSpliced(at, 0, "auditor"), "orders:write")).toBe(false);
        if (others.includes("owner")) expect(can(others, "orders:write")).toBe(true);
      }),
    );
  });

  it("allows nothing without a principal", () => {
    expect(access.can(undefined, "orders:read")).toBe(false);
    expect(access.can({ id: "u-7" }, "orders:read")).toBe(false);
    expect(access.permissions(undefined)).toEqual([]);
  });

  it("is enforced with AUTH_FORBIDDEN, which does not name it to clients", () => {
    expect(() => access.require({ id: "u-7", roles: ["reader"] }, "orders:write")).toThrow(
      expect.objectContaining({
        code: "AUTH_FORBIDDEN",
        status: 403,
        exposed: [],
        context: { permission: "orders:write" },
      }),
    );
    access.require({ id: "u-7", roles: ["clerk"] }, "orders:write");
  });

  it.each([
    "orders",
    "orders:*",
    "*",
    "",
    "orders:",
    ":read",
    "orders read",
    "a:b\n",
    `a:${"b".repeat(200)}`,
    7,
    undefined,
  ])("does not decide about %o", (permission) => {
    expect(() => access.can({ id: "u-7", roles: ["owner"] }, permission as string)).toThrow(TypeError);
  });
});

describe("permissions", () => {
  const typed = createAccess({
    permissions: ["orders:read", "orders:refund"],
    roles: { clerk: { allow: ["orders:read"] }, manager: { inherits: ["clerk"], allow: ["orders:*"] } },
  });
  const clerk = { id: "u-7", roles: ["clerk"] };

  it("that are listed are the only ones, for the compiler and at run time", () => {
    expectTypeOf(typed.can).parameter(1).toEqualTypeOf<"orders:read" | "orders:refund">();
    // @ts-expect-error: there is no such permission
    expect(() => typed.can(clerk, "orders:raed")).toThrow('there is no permission "orders:raed"');
    expect(() => typed.permits(clerk, "orders:raed")).toThrow(TypeError);
    expect(typed.permits(clerk, "orders:read")).toBe(true);
    // @ts-expect-error: there is no such role
    expect(() => createAccess({ roles: { a: { inherits: ["b"] } } })).toThrow(/"b", which does not exist/);
  });

  it("of a principal are listed", () => {
    expect(typed.permissions(clerk)).toEqual(["orders:read"]);
    expect(typed.permissions({ id: "u-8", roles: ["manager"] })).toEqual(["orders:read", "orders:refund"]);
    expect(access.permissions({ id: "u-8", roles: ["manager"] })).toEqual([
      "invoices:read",
      "orders:read",
      "orders:write",
    ]);
  });

  it("are decided by a function that fits the edge", () => {
    type EdgeCan = (principal: Principal, permission: string, request: { path: string }) => boolean;
    expectTypeOf(access.can).toExtend<EdgeCan>();
    expectTypeOf(typed.permits).toExtend<EdgeCan>();
  });
});

describe("a tenant", () => {
  const perTenant = createAccess({
    roles: { member: { allow: ["docs:read"] }, admin: { inherits: ["member"], allow: ["docs:*"] } },
    tenants: {
      strict: { admin: { allow: ["docs:read"] } },
      custom: { reviewer: { inherits: ["member"], allow: ["docs:review"] } },
    },
  });
  const ask = (principal: Omit<AccessPrincipal, "id">, permission: string, tenant?: string): boolean => {
    const who = { id: "u-7", ...principal };
    return tenant === undefined ? perTenant.can(who, permission) : perTenant.in(tenant).can(who, permission);
  };

  it.each([
    [{ tenant: "t-1", roles: ["admin"] }, "docs:delete", undefined, true],
    [{ tenant: "t-1", roles: ["admin"] }, "docs:delete", "t-1", true],
    [{ tenant: "t-1", roles: ["admin"] }, "docs:read", "t-2", false],
    [{ roles: ["admin"] }, "docs:read", "t-1", false],
    [{ tenant: "t-1", roles: ["admin"], tenants: { "t-2": ["member"] } }, "docs:read", "t-2", true],
    [{ tenant: "t-1", roles: ["admin"], tenants: { "t-2": ["member"] } }, "docs:delete", "t-2", false],
    [{ tenant: "t-1", tenants: {} }, "docs:read", "toString", false],
    [{ tenant: "strict", roles: ["admin"] }, "docs:delete", undefined, false],
    [{ tenant: "strict", roles: ["admin"] }, "docs:read", undefined, true],
    [{ tenant: "custom", roles: ["reviewer"] }, "docs:review", undefined, true],
    [{ tenant: "custom", roles: ["reviewer"] }, "docs:read", undefined, true],
    [{ tenant: "t-1", roles: ["reviewer"] }, "docs:review", undefined, false],
  ])("%j on %s in %s: %s", (principal, permission, tenant, expected) => {
    expect(ask(principal, permission, tenant)).toBe(expected);
  });
});

describe("malformed roles", () => {
  it.each([
    [{ roles: null }, /roles must be an object/],
    [{ roles: [] }, /roles must be an object/],
    [{ roles: { a: null } }, /role "a": options must be an object/],
    [{ roles: { a: { allows: [] } } }, /role "a" has no option "allows"/],
    [{ roles: { a: { allow: "orders:read" } } }, /allow of role "a" must be an array/],
    [{ roles: { a: { deny: null } } }, /deny of role "a" must be an array/],
    [{ roles: { a: { allow: ["*:read"] } } }, /allow of role "a" must be like/],
    [{ roles: { a: { allow: ["orders:*:read"] } } }, /got "orders:\*:read"/],
    [{ roles: { a: { allow: ["orders"] } } }, /got "orders"/],
    [{ roles: { a: { inherits: ["b"] } } }, /role "a" inherits from "b", which does not exist/],
    [{ roles: { a: { inherits: ["a"] } } }, /themselves: a → a/],
    [
      { roles: { a: { inherits: ["b"] }, b: { inherits: ["c"] }, c: { inherits: ["a"] } } },
      /themselves: a → b → c → a/,
    ],
    [{ roles: {}, permissions: "orders:read" }, /permissions must be an array/],
    [{ roles: {}, permissions: ["orders:*"] }, /permissions must be like "orders:read"/],
    [{ roles: {}, tenants: { t: { a: { inherits: ["a"] } } } }, /themselves: a → a/],
    [{ rules: {} }, /createAccess has no option "rules"/],
  ])("%j are refused", (options, message) => {
    expect(() => createAccess(options as never)).toThrow(message);
  });

  it("may inherit along two ways", () => {
    const diamond = createAccess({
      roles: {
        base: { allow: ["a:b"] },
        left: { inherits: ["base"] },
        right: { inherits: ["base"] },
        top: { inherits: ["left", "right"] },
      },
    });
    expect(diamond.can({ id: "u", roles: ["top"] }, "a:b")).toBe(true);
  });
});
