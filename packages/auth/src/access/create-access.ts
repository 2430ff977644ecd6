import { boundedString, checkOptions, showValue } from "@seaworthy/core/options";
import { errors } from "../errors.ts";
import { checkPermission, covers } from "../internal/permissions.ts";
import { definitionsOf, type RoleTable, roleTable } from "../internal/role-table.ts";
import type { Access, AccessOptions, AccessPrincipal } from "./access.ts";

/**
 * Decides who may do what by roles, which may inherit from each other. What a role denies wins over what any role allows.
 *
 * @throws TypeError if an option is malformed, or roles inherit from themselves
 * @example
 * ```ts
 * import { createAccess } from "@seaworthy/auth";
 * const access = createAccess({
 *   permissions: ["orders:read", "orders:refund"],
 *   roles: {
 *     clerk: { allow: ["orders:read"] },
 *     manager: { inherits: ["clerk"], allow: ["orders:*"] },
 *     trainee: { deny: ["orders:refund"] },
 *   },
 * });
 * console.log(access.can({ id: "u-7", roles: ["manager"] }, "orders:refund")); // true
 * console.log(access.can({ id: "u-8", roles: ["manager", "trainee"] }, "orders:refund")); // false
 * ```
 */
export function createAccess<const R extends string, const P extends string = string>(
  options: AccessOptions<R, P>,
): Access<P> {
  checkOptions("createAccess", options, ["roles", "permissions", "tenants"]);
  const shared = definitionsOf("roles", options.roles);
  const tenants = new Map<string, RoleTable>();
  for (const [tenant, roles] of definitionsOf("tenants", options.tenants ?? {}))
    tenants.set(tenant, roleTable(new Map([...shared, ...definitionsOf(`tenants.${tenant}`, roles)])));
  const decider = new Decider(roleTable(shared), tenants, knownPermissions(options.permissions));
  const can = (principal: AccessPrincipal | undefined, permission: string): boolean =>
    decider.can(principal, permission, principal?.tenant);
  return {
    can,
    permits: can,
    require: (principal, permission) => {
      if (!can(principal, permission)) throw errors.AUTH_FORBIDDEN({ permission });
    },
    permissions: (principal) => decider.named<P>().filter((permission) => can(principal, permission)),
    in: (tenant) => {
      boundedString("tenant", tenant, 1, 255);
      return { can: (principal, permission) => decider.can(principal, permission, tenant) };
    },
  };
}

function knownPermissions(permissions: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (permissions === undefined) return undefined;
  if (!Array.isArray(permissions)) throw new TypeError(`permissions must be an array; got ${showValue(permissions)}`);
  return new Set(permissions.map((permission) => checkPermission("permissions", permission)));
}

class Decider {
  readonly #shared: RoleTable;
  readonly #tenants: ReadonlyMap<string, RoleTable>;
  readonly #known: ReadonlySet<string> | undefined;

  constructor(shared: RoleTable, tenants: ReadonlyMap<string, RoleTable>, known: ReadonlySet<string> | undefined) {
    this.#shared = shared;
    this.#tenants = tenants;
    this.#known = known;
  }

  can(principal: AccessPrincipal | undefined, permission: string, tenant: string | undefined): boolean {
    if (this.#known?.has(permission) !== true) this.#check(permission);
    const table = (tenant === undefined ? undefined : this.#tenants.get(tenant)) ?? this.#shared;
    let allowed = false;
    for (const name of rolesIn(principal, tenant)) {
      const role = table.get(name);
      if (role === undefined) continue;
      if (covers(role.deny, permission)) return false;
      allowed ||= covers(role.allow, permission);
    }
    return allowed;
  }

  /** The permissions that are known by name. */
  named<P extends string>(): readonly P[] {
    const tables = [this.#shared, ...this.#tenants.values()];
    const roles = tables.flatMap((table) => [...table.values()]);
    const names = this.#known ?? roles.flatMap(({ allow }) => [...allow].filter((pattern) => !pattern.endsWith("*")));
    return [...new Set(names)].sort() as P[];
  }

  #check(permission: unknown): void {
    const sound = checkPermission("permission", permission);
    if (this.#known !== undefined) throw new TypeError(`there is no permission ${showValue(sound)}`);
  }
}

/** The roles that a principal has in a tenant. */
function rolesIn(principal: AccessPrincipal | undefined, tenant: string | undefined): readonly string[] {
  if (principal === undefined) return [];
  if (principal.tenant === tenant) return principal.roles ?? [];
  if (tenant === undefined || principal.tenants === undefined || !Object.hasOwn(principal.tenants, tenant)) return [];
  return principal.tenants[tenant] ?? [];
}
