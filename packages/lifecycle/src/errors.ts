import { defineErrors, type ErrorFactory } from "@seaworthy/core";

/** This package's failures, one code each. */
export const errors: {
  readonly LIFECYCLE_START_FAILED: ErrorFactory;
  readonly LIFECYCLE_START_TIMEOUT: ErrorFactory;
  readonly LIFECYCLE_START_INTERRUPTED: ErrorFactory;
  readonly LIFECYCLE_PORT_IN_USE: ErrorFactory;
  readonly LIFECYCLE_ALREADY_STARTED: ErrorFactory;
  readonly LIFECYCLE_CRASH_LOOP: ErrorFactory;
  readonly LIFECYCLE_RESTART_FAILED: ErrorFactory;
  readonly LIFECYCLE_RESTART_INTERRUPTED: ErrorFactory;
} = defineErrors(
  {
    LIFECYCLE_START_FAILED: { title: "The service could not start", expose: false },
    LIFECYCLE_START_TIMEOUT: { title: "A resource did not start in time", expose: false },
    LIFECYCLE_START_INTERRUPTED: { title: "The service was stopped while it was starting", expose: false },
    LIFECYCLE_PORT_IN_USE: { title: "Another process listens on the port", expose: false },
    LIFECYCLE_ALREADY_STARTED: { title: "The lifecycle has already been started or stopped", expose: false },
    LIFECYCLE_CRASH_LOOP: { title: "Too many workers have ended by themselves", expose: false },
    LIFECYCLE_RESTART_FAILED: { title: "A new worker did not become ready", expose: false },
    LIFECYCLE_RESTART_INTERRUPTED: { title: "The workers were stopped during a rolling restart", expose: false },
  },
  { owner: "@seaworthy/lifecycle" },
);
