import { ServerResponse } from "node:http";
import type { Header } from "../messages.ts";
import { HAS_ORIGIN, keepVary } from "./keep-vary.ts";

/** Headers that are the same for many answers, prepared once. */
export class FixedHeaders {
  readonly list: readonly Header[];
  readonly values: ReadonlyMap<string, string>;
  /** As they stand in the head of an answer. `Vary` is not in it, because what handlers say of it is joined. */
  readonly block: string;
  readonly varies: boolean;

  constructor(list: readonly Header[]) {
    this.list = list;
    this.values = new Map(list);
    this.varies = this.values.has("vary");
    this.block = list.map(([name, value]) => (name === "vary" ? "" : `${name}: ${value}\r\n`)).join("");
  }

  without(names: ReadonlySet<string>): FixedHeaders {
    return new FixedHeaders(this.list.filter(([name]) => !names.has(name)));
  }
}

const FIXED: unique symbol = Symbol("seaworthy.fixed-headers");

/** What this file uses of a response of node:http; `_storeHeader` writes its head. */
interface Fixing extends ServerResponse {
  [FIXED]: FixedHeaders;
  _storeHeader(firstLine: string, headers: object | null): void;
}

const plain = ServerResponse.prototype as Fixing;
// Other runtimes have a ServerResponse of their own making, and HTTP/2 has no such head.
const isPlatformNode = process.versions.bun === undefined && process.versions.deno === undefined;

/**
 * Gives a response headers that are written as one prepared block, without being checked, stored and joined one by one.
 * For a handler they are there like any other: it can read them, set them otherwise, and remove them.
 */
export function fixHeaders(response: ServerResponse, fixed: FixedHeaders): void {
  if (
    !isPlatformNode ||
    !(response instanceof ServerResponse) ||
    (response as Fixing)._storeHeader !== plain._storeHeader
  ) {
    for (const [name, value] of fixed.list) response.setHeader(name, value);
    if (fixed.varies) keepVary(response);
    return;
  }
  const fixing = response as Fixing;
  fixing[FIXED] = fixed;
  // Shared functions as members of their own: the prototype belongs to Node, and Express exchanges it.
  fixing._storeHeader = storeHeader;
  fixing.getHeader = getHeader as ServerResponse["getHeader"];
  fixing.hasHeader = hasHeader;
  fixing.removeHeader = removeHeader;
  fixing.getHeaders = getHeaders;
  fixing.getHeaderNames = getHeaderNames;
}

function storeHeader(this: Fixing, firstLine: string, headers: object | null): void {
  const fixed = this[FIXED];
  let replaced: Set<string> | undefined;
  for (const name in headers)
    if (name !== "vary" && fixed.values.has(name)) {
      replaced ??= new Set();
      replaced.add(name);
    }
  if (fixed.varies) joinVary(this);
  const { block } = replaced === undefined ? fixed : fixed.without(replaced);
  plain._storeHeader.call(this, firstLine + block, headers);
}

function joinVary(response: Fixing): void {
  const given = plain.getHeader.call(response, "vary");
  const text = given === undefined ? "" : [given].flat().join(", ");
  if (!HAS_ORIGIN.test(text)) plain.setHeader.call(response, "vary", text === "" ? "Origin" : `${text}, Origin`);
}

function getHeader(this: Fixing, name: string): number | string | string[] | undefined {
  return plain.getHeader.call(this, name) ?? this[FIXED].values.get(String(name).toLowerCase());
}

function hasHeader(this: Fixing, name: string): boolean {
  return plain.hasHeader.call(this, name) || this[FIXED].values.has(String(name).toLowerCase());
}

function removeHeader(this: Fixing, name: string): void {
  plain.removeHeader.call(this, name);
  const lower = name.toLowerCase();
  // Caches must know that answers depend on the origin, whatever a handler does.
  if (lower !== "vary" && this[FIXED].values.has(lower)) this[FIXED] = this[FIXED].without(new Set([lower]));
}

function getHeaders(this: Fixing): ReturnType<ServerResponse["getHeaders"]> {
  return { __proto__: null, ...Object.fromEntries(this[FIXED].values), ...plain.getHeaders.call(this) } as never;
}

function getHeaderNames(this: Fixing): string[] {
  return [...new Set([...this[FIXED].values.keys(), ...plain.getHeaderNames.call(this)])];
}
