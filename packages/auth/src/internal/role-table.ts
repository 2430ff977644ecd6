import { checkOptions, showValue } from "@seaworthy/core/options";
import type { RoleDefinition } from "../access/access.ts";
import { checkPattern } from "./permissions.ts";

/** What a role may do, with what it inherits. */
export interface EffectiveRole {
  readonly allow: ReadonlySet<string>;
  readonly deny: ReadonlySet<string>;
}

/** Roles by name. Names come from users' records, so that nothing is looked up in plain objects. */
export type RoleTable = ReadonlyMap<string, EffectiveRole>;

type Definitions = ReadonlyMap<string, RoleDefinition<string, string>>;

/**
 * Resolves the hierarchy.
 *
 * @throws TypeError if a role is malformed, inherits from one that does not exist, or from itself
 */
export function roleTable(definitions: Definitions): RoleTable {
  for (const [name, definition] of definitions) checkRole(name, definition, definitions);
  const table = new Map<string, EffectiveRole>();
  for (const name of definitions.keys()) resolve(name, { definitions, table, path: [] });
  return table;
}

/** @throws TypeError if it is not an object */
export function definitionsOf(name: string, roles: unknown): Definitions {
  if (typeof roles !== "object" || roles === null || Array.isArray(roles))
    throw new TypeError(`${name} must be an object; got ${showValue(roles)}`);
  return new Map(Object.entries(roles));
}

function checkRole(name: string, definition: RoleDefinition<string, string>, definitions: Definitions): void {
  checkOptions(`role ${showValue(name)}`, definition, ["inherits", "allow", "deny"]);
  for (const member of ["inherits", "allow", "deny"] as const) {
    const list: unknown = definition[member] ?? [];
    if (definition[member] === null || !Array.isArray(list))
      throw new TypeError(
        `${member} of role ${showValue(name)} must be an array; got ${showValue(definition[member])}`,
      );
    if (member !== "inherits")
      for (const pattern of list) checkPattern(`${member} of role ${showValue(name)}`, pattern);
  }
  for (const parent of definition.inherits ?? [])
    if (!definitions.has(parent))
      throw new TypeError(`role ${showValue(name)} inherits from ${showValue(parent)}, which does not exist`);
}

interface Walk {
  readonly definitions: Definitions;
  readonly table: Map<string, EffectiveRole>;
  readonly path: readonly string[];
}

function resolve(name: string, { definitions, table, path }: Walk): EffectiveRole {
  const known = table.get(name);
  if (known !== undefined) return known;
  if (path.includes(name))
    throw new TypeError(
      `roles must not inherit from themselves: ${[...path.slice(path.indexOf(name)), name].join(" → ")}`,
    );
  const { inherits = [], allow = [], deny = [] } = definitions.get(name) ?? {};
  const parents = inherits.map((parent) => resolve(parent, { definitions, table, path: [...path, name] }));
  const role = {
    allow: new Set([...parents.flatMap((parent) => [...parent.allow]), ...allow]),
    deny: new Set([...parents.flatMap((parent) => [...parent.deny]), ...deny]),
  };
  table.set(name, role);
  return role;
}
