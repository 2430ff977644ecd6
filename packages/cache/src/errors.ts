import { defineErrors, type ErrorFactory } from "@seaworthy/core";

/** The codes of this package. */
export type CacheErrorCode = "CACHE_LOAD_TIMEOUT" | "CACHE_CLOSED" | "CACHE_VALUE_INVALID";

/** Factories by code. What goes wrong with a cache is not a matter of the service's clients. */
export const errors: Readonly<Record<CacheErrorCode, ErrorFactory>> = defineErrors(
  {
    CACHE_LOAD_TIMEOUT: {
      status: 504,
      title: "The value could not be loaded in time",
      retryable: true,
      expose: false,
    },
    CACHE_CLOSED: { status: 503, title: "The cache has been closed", expose: false },
    CACHE_VALUE_INVALID: { status: 500, title: "The value cannot be kept in a cache", expose: false },
  },
  { owner: "@seaworthy/cache" },
);
