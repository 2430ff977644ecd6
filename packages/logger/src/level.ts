/** A level by its name, as in pino. At `"silent"`, no line is written. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
