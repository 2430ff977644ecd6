import type { Principal } from "@seaworthy/core";

/** The name of a header, in lower case, and its value. */
export type Header = readonly [name: string, value: string];

/** A request as the hooks of the edge see it. */
export interface EdgeRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** The client's address, as far as trusted proxies report it. */
  readonly address: string;
  /** The authenticated caller, once `authenticate` has returned it. */
  readonly principal?: Principal | undefined;
  header(name: string): string | undefined;
}

/** A whole answer. */
export interface Answer {
  readonly status: number;
  /** A name may occur several times, as `set-cookie` does. */
  readonly headers: readonly Header[];
  readonly body: string;
  /** Whether `body` is base64, because the answer is not text in UTF-8. @default false */
  readonly base64?: boolean;
  /** Is sent instead of `body`, and canceled if the client leaves. @default none */
  readonly stream?: ReadableStream<Uint8Array>;
}
