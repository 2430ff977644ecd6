import { defineErrors, type ErrorFactory } from "@seaworthy/core";

/** The error codes of this package. */
export const errors: { readonly LOGGER_FILE_UNUSABLE: ErrorFactory } = defineErrors(
  {
    LOGGER_FILE_UNUSABLE: { status: 500, title: "The log file cannot be opened for writing." },
  },
  { owner: "@seaworthy/logger" },
);
