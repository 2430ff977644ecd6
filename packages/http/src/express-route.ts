import type { Application, Request } from "express";

/** What this file reads of a layer of Express' router: where it is mounted, and what is behind it. */
interface Layer {
  readonly rawPath?: unknown;
  readonly route?: object;
  readonly handle?: { readonly stack?: readonly Layer[] };
  match(path: string): unknown;
}

/** The layers from the application down to a route's own. */
type Chain = readonly Layer[];

// Routes are made once and live as long as the application.
const chains = new WeakMap<object, readonly Chain[]>();
const PATTERN = "(pattern)";

/**
 * The template that Express matched, with the templates that its routers are mounted at; `undefined` when no route did.
 * `request.baseUrl` would not do: it holds what the client sent in place of a mount path's parameters, and is gone when a
 * handler has thrown.
 */
export function templateOf(request: Request, path: string): string | undefined {
  const route = request.route as { path?: unknown } | undefined;
  if (route === undefined) return undefined;
  const app = request.app as Application | undefined;
  const found = chains.get(route) ?? chainsTo(route, routerOf(app), []);
  chains.set(route, found);
  const chain = found.length > 1 ? (found.find((candidate) => fits(candidate, path)) ?? found[0]) : found[0];
  const mounted = (chain ?? []).map((layer) => textOf(layer.rawPath)).join("");
  return `${mountOf(app)}${mounted}${textOf(route.path)}` || "/";
}

const routerOf = (app: Application | undefined): readonly Layer[] =>
  (app?.router as unknown as { stack?: readonly Layer[] } | undefined)?.stack ?? [];

function chainsTo(route: object, stack: readonly Layer[], above: Chain): Chain[] {
  if (above.length > 16) return []; // routers mounted in each other
  return stack.flatMap((layer) => {
    if (layer.route === route) return [above];
    const inner = layer.handle?.stack;
    return inner === undefined ? [] : chainsTo(route, inner, [...above, layer]);
  });
}

/** Whether a path goes through these mounts; asked only of a router that is mounted in several places. */
function fits(chain: Chain, path: string): boolean {
  let rest = path;
  for (const layer of chain) {
    const match = layer.match(rest) as { path?: string } | boolean;
    if (typeof match !== "object" || match.path === undefined) return false;
    rest = rest.slice(match.path.length) || "/";
  }
  return true;
}

/** Where an application inside another is mounted. */
function mountOf(app: Application | undefined): string {
  const { parent, mountpath } = (app ?? {}) as { parent?: Application; mountpath?: unknown };
  return parent === undefined ? "" : mountOf(parent) + textOf(mountpath);
}

function textOf(path: unknown): string {
  const one: unknown = Array.isArray(path) && path.length === 1 ? path[0] : path;
  if (one === "/") return "";
  return typeof one === "string" ? one : PATTERN;
}
