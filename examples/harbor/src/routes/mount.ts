import type { RouteInput, RouteSchemas } from "@seaworthy/http";

/**
 * Puts a route into an application of whatever framework. The routes of this service say what they take and what they
 * answer; which framework brings them requests is nobody's business but the application's.
 */
export type Mount = <const S extends RouteSchemas>(
  method: "get" | "post",
  path: string,
  schemas: S,
  handler: (input: RouteInput<S>) => unknown,
) => void;
