export { addressKey, clientAddress } from "./client-address.ts";
export { createCookie, parseCookies } from "./cookies.ts";
export { createCors } from "./cors.ts";
export { errors as httpErrors } from "./errors.ts";
export { createIdempotency } from "./idempotency.ts";
export { memoryIdempotencyStore } from "./idempotency-store.ts";
export { requestId } from "./request-id.ts";
export { reply } from "./reply.ts";
export { securityHeaders } from "./security-headers.ts";

export type { ClientAddress, TrustProxy } from "./client-address.ts";
export type { Cookie, CookieOptions } from "./cookies.ts";
export type { Cors, CorsOptions } from "./cors.ts";
export type { CrossSiteOptions } from "./cross-site.ts";
export type { EdgeOptions } from "./edge.ts";
export type { Answer, EdgeRequest, Header } from "./messages.ts";
export type { GuardOptions, UpgradeListener } from "./guard-server.ts";
export type { Idempotency, IdempotencyOptions, IdempotentAnswer, Scope as IdempotencyScope } from "./idempotency.ts";
export type {
  IdempotencyCompletion,
  IdempotencyRecord,
  IdempotencyStore,
  MemoryIdempotencyStoreOptions,
} from "./idempotency-store.ts";
export type { LimitRule } from "./limits.ts";
export type { LoadSignal, Priority, ShedOptions } from "./load.ts";
export type { HttpErrorCode } from "./errors.ts";
export type { MetricsAccess, OperationsOptions, OperatorPaths, ProbePaths } from "./operations.ts";
export type { EdgeHandle } from "./edge-handle.ts";
export type { HealthPort, LifecyclePort, LoggerPort, MetricsPort, OperatorLevel, TailedLines } from "./ports.ts";
export type { Reply } from "./reply.ts";
export type { RouteInput, RouteSchemas, Validated } from "./route.ts";
export type { HeaderOverrides } from "./security-headers.ts";
