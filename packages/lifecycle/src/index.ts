export { createLifecycle } from "./lifecycle.ts";
export type { Cut } from "./cut.ts";
export type { Lifecycle } from "./lifecycle.ts";
export type { LifecycleOptions, Notice, StopReport } from "./options.ts";
export type { ResourceOptions } from "./resources.ts";
export type { AnyServer, ServeOptions } from "./serve/serve.ts";
export type { OpenStream } from "./serve/streams.ts";
export type { LifecycleState, StateChange } from "./state.ts";
