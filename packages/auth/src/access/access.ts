import type { Principal } from "@seaworthy/core";

/** A permission, or several of them: with a wildcard at the end, or all. */
export type PermissionPattern<P extends string> = P | `${string}:*` | "*";

/** What a role may do. */
export interface RoleDefinition<R extends string, P extends string> {
  /** Roles whose permissions it has as well, what they are denied included. @default [] */
  readonly inherits?: readonly R[];
  /** Permissions such as `"orders:read"`, `"orders:*"` or `"*"`. @default [] */
  readonly allow?: readonly PermissionPattern<P>[];
  /** What it may not do in any case, whatever its other roles allow. @default [] */
  readonly deny?: readonly PermissionPattern<P>[];
}

/** Roles by name. */
export type RoleDefinitions<R extends string, P extends string> = {
  readonly [K in R]: RoleDefinition<NoInfer<R>, NoInfer<P>>;
};

/** Options of `createAccess`. */
export interface AccessOptions<R extends string, P extends string> {
  readonly roles: RoleDefinitions<R, P>;
  /**
   * All permissions that there are. With them, `can` takes no others, which a mistyped one would be.
   * @default any of the form `resource:action`
   */
  readonly permissions?: readonly P[];
  /**
   * Roles that one tenant has beside the others, or in place of one of the same name.
   * @default {}
   */
  readonly tenants?: { readonly [tenant: string]: { readonly [role: string]: RoleDefinition<string, NoInfer<P>> } };
}

/** Who asks. Roles that are not defined allow nothing. */
export interface AccessPrincipal extends Principal {
  /** The tenant in which `roles` hold. */
  tenant?: string;
  /** Roles in other tenants. */
  tenants?: { readonly [tenant: string]: readonly string[] };
}

/** Questions about one tenant. */
export interface TenantAccess<P extends string> {
  readonly can: (principal: AccessPrincipal | undefined, permission: P) => boolean;
}

/** Decides who may do what. All functions may be passed on without their object. */
export interface Access<P extends string> {
  /**
   * Whether one of the roles allows a permission and none denies it.
   *
   * @throws TypeError if the permission is malformed, or not one of `permissions`
   */
  readonly can: (principal: AccessPrincipal | undefined, permission: P) => boolean;
  /**
   * The same for permissions that are strings, for `edge({ can: access.permits })`.
   *
   * @throws TypeError if the permission is malformed, or not one of `permissions`
   */
  readonly permits: (principal: AccessPrincipal | undefined, permission: string) => boolean;
  /** @throws AUTH_FORBIDDEN if the principal has not got the permission */
  readonly require: (principal: AccessPrincipal | undefined, permission: P) => void;
  /** Those of `permissions` that the principal has. Without that option, those that roles name without a wildcard. */
  readonly permissions: (principal: AccessPrincipal | undefined) => readonly P[];
  /** Decides about what belongs to a tenant: only those who have roles in it may do anything. */
  readonly in: (tenant: string) => TenantAccess<P>;
}
