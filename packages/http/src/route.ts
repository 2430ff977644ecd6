import type { OutputOf, StandardSchema } from "@seaworthy/validators/request";
import type { Idempotency } from "./idempotency.ts";

/** What a route takes, each part validated before the handler runs. A part without a schema is not read. */
export interface RouteSchemas {
  body?: StandardSchema;
  /** Of the query's parameters: text, or a list of texts where one is repeated. */
  query?: StandardSchema;
  /** Of the path's parameters, which are texts. */
  params?: StandardSchema;
  /**
   * Runs the handler at most once per `Idempotency-Key` and caller; see `createIdempotency`. What the handler returns,
   * and what it sends by the framework's own means, is kept and sent again.
   */
  idempotency?: Idempotency;
  /** What the principal has to be allowed, as `can` of the edge decides it, such as `"orders:write"`. @default nothing */
  permission?: string;
}

/** What a part of the input is: what its schema lets through, or `undefined` without a schema. */
export type Validated<S> = S extends StandardSchema ? OutputOf<S> : undefined;

/** The validated parts of a request. */
export interface RouteInput<S extends RouteSchemas> {
  body: Validated<S["body"]>;
  query: Validated<S["query"]>;
  params: Validated<S["params"]>;
}
