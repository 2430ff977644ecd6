import { defineErrors, type ErrorFactory } from "@seaworthy/core";

/** This package's failures, one code each. */
export const errors: {
  readonly LIFECYCLE_START_FAILED: ErrorFactory;
  readonly LIFECYCLE_START_TIMEOUT: ErrorFactory;
  readonly LIFECYCLE_START_INTERRUPTED: ErrorFactory;
  readonly LIFECYCLE_PORT_IN_USE: ErrorFactory;
  readonly LIFECYCLE_ALREADY_STARTED: ErrorFactory;
} = defineErrors(
  {
    LIFECYCLE_START_FAILED: { title: "The service could not start", expose: false },
    LIFECYCLE_START_TIMEOUT: { title: "A resource did not start in time", expose: false },
    LIFECYCLE_START_INTERRUPTED: { title: "The service was told to stop while it was starting", expose: false },
    LIFECYCLE_PORT_IN_USE: { title: "Another process listens on the port", expose: false },
    LIFECYCLE_ALREADY_STARTED: { title: "The lifecycle has already been started or stopped", expose: false },
  },
  { owner: "@seaworthy/lifecycle" },
);
