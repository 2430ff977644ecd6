import type { ServerResponse } from "node:http";

type HeaderList = unknown[] | Record<string, unknown>;

/**
 * Gives an HTTP/1 response the header `Connection: close`, whatever its handler sets, unless `isLast` returns `false`
 * when the headers are written: a client that sent two requests at once would not get the second response after a `close`.
 */
export function closeAfter(response: ServerResponse, isLast: () => boolean): void {
  if (response.headersSent) return;
  const writeHead = response.writeHead as (...values: unknown[]) => ServerResponse;
  // The own member hides the prototype's. Node writes implicit headers through it as well.
  response.writeHead = function (this: ServerResponse, ...values: unknown[]): ServerResponse {
    if (this.headersSent || !isLast()) return Reflect.apply(writeHead, this, values);
    const last = values.length - 1;
    if (last > 0 && isHeaderList(values[last])) values[last] = withoutConnection(values[last] as HeaderList);
    this.setHeader("Connection", "close");
    return Reflect.apply(writeHead, this, values);
  };
}

function isHeaderList(value: unknown): value is HeaderList {
  return typeof value === "object" && value !== null;
}

function withoutConnection(headers: HeaderList): HeaderList {
  if (!Array.isArray(headers))
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !isConnection(name)));
  const pairs: unknown[][] = [];
  if (Array.isArray(headers[0])) pairs.push(...(headers as unknown[][]));
  else for (let i = 0; i < headers.length; i += 2) pairs.push(headers.slice(i, i + 2));
  // Node takes an array of pairs only if no header is set, and one is set now.
  return pairs.filter(([name]) => !isConnection(name)).flat(1);
}

function isConnection(name: unknown): boolean {
  return typeof name === "string" && name.toLowerCase() === "connection";
}
