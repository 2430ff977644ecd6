import { defineEvent, defineGauge, type Gauge, type TelemetryEvent } from "@seaworthy/core";

/** The service went from one state to another. Details: previous, reason. */
export const stateEvent: TelemetryEvent<"state"> = defineEvent("lifecycle.state", {
  help: "The service changed its state.",
  labels: ["state"],
  level: ({ state }) => (state === "failed" ? "error" : "info"),
});

/** The state that the service is in now. */
export const stateGauge: Gauge<"state"> = defineGauge("lifecycle.state", {
  help: "1 for the state that the service is in, and 0 for the other states.",
  labels: ["state"],
  merge: "max",
});

/** A resource or server has started, or has failed to. Details: error. */
export const resourceStartEvent: TelemetryEvent<"resource" | "outcome"> = defineEvent("lifecycle.resource_start", {
  help: "Start of one resource or server.",
  unit: "seconds",
  labels: ["resource", "outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "debug" : "error"),
});

/** A resource has closed, or has failed to. Details: error. */
export const resourceStopEvent: TelemetryEvent<"resource" | "outcome"> = defineEvent("lifecycle.resource_stop", {
  help: "Close of one resource.",
  unit: "seconds",
  labels: ["resource", "outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "debug" : "error"),
});

/** The wait for requests, streams and background work is over. Details: requests, streams and work at its start. */
export const drainEvent: TelemetryEvent<"outcome"> = defineEvent("lifecycle.drain", {
  help: "Wait for in-flight work after the listeners closed.",
  unit: "seconds",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "clean" ? "info" : "warn"),
});

/** Something did not end in time and was cut off. Details: name, after, error. */
export const cutEvent: TelemetryEvent<"kind"> = defineEvent("lifecycle.cut", {
  help: "Something was cut off by the shutdown.",
  labels: ["kind"],
  level: "warn",
});

/** A signal arrived. The effect is drain, exit or, in the primary of workers, restart. */
export const signalEvent: TelemetryEvent<"signal" | "effect"> = defineEvent("lifecycle.signal", {
  help: "A signal to stop or restart arrived.",
  labels: ["signal", "effect"],
  level: ({ effect }) => (effect === "exit" ? "warn" : "info"),
});

/** An error was not caught. The kind is uncaughtException or unhandledRejection. Details: error. */
export const fatalEvent: TelemetryEvent<"kind"> = defineEvent("lifecycle.fatal", {
  help: "An uncaught error ended the service.",
  labels: ["kind"],
  level: "fatal",
});

/** A promise given to track() has settled. Details: name, error. */
export const workEvent: TelemetryEvent<"outcome"> = defineEvent("lifecycle.work", {
  help: "Background work given to track() has ended.",
  unit: "seconds",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "trace" : "error"),
});

/** Handles still held the event loop after everything was closed. Details: handles. */
export const leftoverEvent: TelemetryEvent<never> = defineEvent("lifecycle.leftover", {
  help: "Something unknown to the lifecycle kept the process alive after the shutdown.",
  labels: [],
  level: "warn",
});

/** A worker process is ready. The value is the time since it was created. Details: place, pid. */
export const workerStartEvent: TelemetryEvent<"outcome"> = defineEvent("lifecycle.worker_start", {
  help: "Start of one worker process, until it was ready.",
  unit: "seconds",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "ready" ? "info" : "error"),
});

/** A worker process has ended. The value is the time since it was created. Details: place, pid, code, signal, error. */
export const workerEndEvent: TelemetryEvent<"outcome"> = defineEvent("lifecycle.worker_end", {
  help: "Life of one worker process.",
  unit: "seconds",
  labels: ["outcome"],
  level: ({ outcome }) => (outcome === "clean" ? "info" : "error"),
});

/** A worker process is replaced: by a rolling restart, or because it ended by itself. Details: place. */
export const workerRestartEvent: TelemetryEvent<"reason"> = defineEvent("lifecycle.worker_restart", {
  help: "A worker process was replaced.",
  labels: ["reason"],
  level: ({ reason }) => (reason === "rolling" ? "info" : "warn"),
});

/** Too many workers have ended by themselves, so the service ends. Details: deaths, window, code, signal. */
export const crashLoopEvent: TelemetryEvent<never> = defineEvent("lifecycle.crash_loop", {
  help: "The service ended because its workers ended again and again.",
  labels: [],
  level: "fatal",
});

/** The worker processes that run now. */
export const workersGauge: Gauge<"state"> = defineGauge("lifecycle.workers", {
  help: "Worker processes by their state.",
  labels: ["state"],
});
