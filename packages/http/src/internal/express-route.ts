import type { Application, Request } from "express";
import { membersOf } from "./members.ts";

/** What this file reads of a layer of Express' router: where it is mounted, and what is behind it. */
interface Layer {
  /** The template; only router 2.3 and later keeps it. */
  readonly rawPath?: unknown;
  readonly path?: unknown;
  readonly params?: unknown;
  readonly name?: unknown;
  readonly route?: { readonly path?: unknown; readonly methods?: Readonly<Record<string, unknown>> };
  readonly handle?: { readonly stack?: readonly Layer[]; readonly length?: number };
  match(path: string): unknown;
}

/** The layers from the application down to a route's own. */
type Chain = readonly Layer[];
/** An application or a request, as far as this file reads it. */
type App = Application | undefined;

// Routes are made once and live as long as the application.
const chains = new WeakMap<object, readonly Chain[]>();
const templates = new WeakMap<Layer, string>();
const appsOfRoutes = new WeakMap<object, Application>();
const PATTERN = "(pattern)";
const DEEPEST = 16;

/**
 * The template that Express matched, with the templates that its routers are mounted at. If no route did, the mount of
 * the middleware that answered, such as `"/graphql/*"`; `undefined` if there is none.
 * `request.baseUrl` would not do: it holds what the client sent in place of a mount path's parameters, and is gone when a
 * handler has thrown.
 */
export function templateOf(request: Request, path: string, answered: boolean): string | undefined {
  const route = request.route as { path?: unknown } | undefined;
  if (route === undefined) return answered ? mountedAt(request.app, path) : undefined;
  const app = appsOfRoutes.get(route) ?? request.app;
  const found = chains.get(route) ?? chainsTo(route, stackOf(app), []);
  chains.set(route, found);
  const inside = path.slice(mountedLength(app, path)) || "/";
  const chain = found.length > 1 ? (found.find((candidate) => fits(candidate, inside)) ?? found[0]) : found[0];
  return `${mountOf(app)}${chainText(chain ?? [], inside)}${textOf(route.path)}` || "/";
}

/** Remembers which application a route is in: a mounted one is not the request's any more when its handler has thrown. */
export function rememberApps(request: Request): void {
  if (!hasMountedApps(stackOf(request.app))) return;
  let route: object | undefined = request.route;
  Object.defineProperty(request, "route", {
    configurable: true,
    enumerable: true,
    get: () => route,
    set(value: object | undefined) {
      route = value;
      if (value !== undefined && !appsOfRoutes.has(value)) appsOfRoutes.set(value, request.app);
    },
  });
}

/** The methods that the routes at a path take, for `Allow`. */
export function methodsAt(request: Request, path: string): string[] {
  return methodsIn(stackOf(request.app), path, 0);
}

function methodsIn(stack: readonly Layer[], path: string, depth: number): string[] {
  if (depth > DEEPEST) return [];
  return stack.flatMap((layer) => {
    const matched = matchOf(layer, path);
    if (matched === undefined) return [];
    if (layer.route === undefined)
      return layer.handle?.stack === undefined
        ? []
        : methodsIn(layer.handle.stack, path.slice(matched.length) || "/", depth + 1);
    const methods = Object.keys(layer.route.methods ?? {});
    if (methods.includes("_all")) return [];
    const names = methods.map((method) => method.toUpperCase());
    return names.includes("GET") ? [...names, "HEAD"] : names;
  });
}

/** Express 4 keeps its router under another name, and throws at this one. */
function stackOf(app: App): readonly Layer[] {
  const held: { _router?: { stack?: readonly Layer[] }; router?: { stack?: readonly Layer[] } } = Object(app);
  return held?._router?.stack ?? ("_router" in Object(app) ? [] : (held?.router?.stack ?? []));
}

const appsAround = new WeakMap<readonly Layer[], { length: number; has: boolean }>();

function hasMountedApps(stack: readonly Layer[], depth = 0): boolean {
  const known = appsAround.get(stack);
  if (known?.length === stack.length) return known.has;
  const has =
    depth <= DEEPEST &&
    stack.some(
      ({ name, handle }) =>
        name === "mounted_app" || (handle?.stack !== undefined && hasMountedApps(handle.stack, depth + 1)),
    );
  appsAround.set(stack, { length: stack.length, has });
  return has;
}

function chainsTo(route: object, stack: readonly Layer[], above: Chain): Chain[] {
  if (above.length > DEEPEST) return []; // routers mounted in each other
  return stack.flatMap((layer) => {
    if (layer.route === route) return [above];
    const inner = layer.handle?.stack;
    return inner === undefined ? [] : chainsTo(route, inner, [...above, layer]);
  });
}

/** What of a path a layer takes, or `undefined` if it does not match. */
function matchOf(layer: Layer, path: string): string | undefined {
  const match: unknown = layer.match(path);
  if (match === false || match === undefined) return undefined;
  const taken = typeof match === "object" ? membersOf(match).path : layer.path;
  return typeof taken === "string" ? taken : undefined;
}

/** Whether a path goes through these mounts; needed only for a router that is mounted in several places. */
function fits(chain: Chain, path: string): boolean {
  let rest = path;
  for (const layer of chain) {
    const taken = matchOf(layer, rest);
    if (taken === undefined) return false;
    rest = rest.slice(taken.length) || "/";
  }
  return true;
}

function chainText(chain: Chain, path: string): string {
  let rest = path;
  let text = "";
  for (const layer of chain) {
    text += layerText(layer, rest);
    rest = rest.slice(matchOf(layer, rest)?.length ?? 0) || "/";
  }
  return text;
}

/** The template of a mount. Routers that do not keep it have it from a path that they matched. */
function layerText(layer: Layer, path: string): string {
  if (layer.rawPath !== undefined) return textOf(layer.rawPath);
  const known = templates.get(layer);
  if (known !== undefined) return known;
  const match: unknown = layer.match(path);
  const { path: taken, params } = membersOf(typeof match === "object" ? match : layer);
  const text = typeof taken === "string" ? templated(taken, Object.entries(params ?? {})) : PATTERN;
  templates.set(layer, text);
  return text;
}

function templated(taken: string, params: readonly [string, unknown][]): string {
  const segments = taken.split("/");
  for (const [name, value] of params) {
    const at = segments.findIndex((segment) => decoded(segment) === value);
    if (at < 0) return PATTERN;
    segments[at] = `:${name}`;
  }
  const text = segments.join("/");
  return text === "/" ? "" : text;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The longest mount of middleware that is not a router, with a star for what lies below it. */
function mountedAt(app: App, path: string): string | undefined {
  let longest = "";
  const visit = (stack: readonly Layer[], rest: string, above: string): void => {
    for (const layer of stack) {
      if (layer.route !== undefined || layer.handle?.length === 4) continue;
      const taken = matchOf(layer, rest);
      if (taken === undefined) continue;
      const here = above + layerText(layer, rest);
      if (layer.handle?.stack !== undefined) visit(layer.handle.stack, rest.slice(taken.length) || "/", here);
      else if (here.length > longest.length) longest = here;
    }
  };
  visit(stackOf(app), path, "");
  return longest === "" ? undefined : `${longest}/*`;
}

/** The templates that an application inside others is mounted at. */
function mountOf(app: App): string {
  const { parent, mountpath } = (app ?? {}) as { parent?: Application; mountpath?: unknown };
  return parent === undefined ? "" : mountOf(parent) + textOf(mountpath);
}

/** How much of a path belongs to those mounts; as many segments as their templates have. */
function mountedLength(app: App, path: string): number {
  const segments = mountOf(app).split("/").length - 1;
  return segments === 0
    ? 0
    : path
        .split("/")
        .slice(0, segments + 1)
        .join("/").length;
}

function textOf(path: unknown): string {
  const one: unknown = Array.isArray(path) && path.length === 1 ? path[0] : path;
  if (one === "/") return "";
  return typeof one === "string" ? one : PATTERN;
}
