import type { Principal } from "@seaworthy/core";
import type { Answer, EdgeRequest, Header } from "../messages.ts";

/** What the edge reads from a request, whatever the framework. */
export interface Incoming {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The part after the question mark; empty without one. */
  readonly query: string;
  /** The address of the other end of the socket. */
  readonly socketAddress: string | undefined;
  /** The value of a header by its lower-case name; repeated ones are joined as HTTP joins them. */
  header(name: string): string | undefined;
  /** The host that the request is for: of `Host`, or of `:authority` over HTTP/2. */
  readonly host: string | undefined;
  /** Whether the request has more than one `Host`, which RFC 9112, section 3.2, says to refuse. */
  readonly hasTwoHosts?: boolean;
}

/** A request on its way through the edge, as the parts of the edge see it. */
export interface EdgeExchange extends EdgeRequest {
  /** Whether it came through the operations listener. */
  readonly isOperations: boolean;
  /** The host that the request is for. */
  readonly host: string | undefined;
  /** Whether the request has more than one `Host`. */
  readonly hasTwoHosts: boolean;
  principal: Principal | undefined;
  /** The template, if the edge itself answers or the application named it; otherwise the framework knows it. */
  route: string | undefined;
  /** Sets a header of the answer. */
  setHeader(name: string, value: string): void;
  /** Whatever was thrown, as an answer. */
  problem(thrown: unknown): Answer;
  /** Emits the event of a request that no handler will see. */
  rejected(reason: string, details?: object): void;
}

/** What takes the headers of an answer: a `ServerResponse`, or what stands for it. */
export interface HeaderTarget {
  setHeader(name: string, value: string): unknown;
  hasHeader?(name: string): boolean;
}

/** The challenge of a 401 that names none; RFC 9110, section 15.5.2, wants one. */
export const BEARER: Header = ["www-authenticate", "Bearer"];

/** The body of an answer as it is sent. */
export const bytesOf = ({ body, base64 }: Answer): string | Uint8Array =>
  base64 === true ? Buffer.from(body, "base64") : body;

/** The headers of an answer by name; a name that occurs several times has an array, as `setHeader` takes it. */
export function grouped(headers: readonly Header[]): ReadonlyMap<string, string | string[]> {
  const groups = new Map<string, string | string[]>();
  for (const [name, value] of headers) {
    const known = groups.get(name);
    groups.set(name, known === undefined ? value : [known, value].flat());
  }
  return groups;
}
