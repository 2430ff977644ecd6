import type { RouteInput, RouteSchemas } from "@seaworthy/http";

/**
 * Adds a route to an application of any framework. The routes of this service define their input and their answer, and do
 * not depend on the framework that receives the request.
 */
export type Mount = <const S extends RouteSchemas>(
  method: "get" | "post" | "put" | "delete",
  path: string,
  schemas: S,
  handler: (input: RouteInput<S>) => unknown,
) => void;
