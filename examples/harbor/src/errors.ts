import { defineErrors } from "@seaworthy/core";

/** The errors of this service that clients can receive, in addition to those of the edge. */
export const errors = defineErrors(
  {
    HARBOR_TASK_NOT_FOUND: { status: 404, title: "No such task", expose: ["id"] },
    HARBOR_ACCOUNT_NOT_FOUND: { status: 404, title: "No such account", expose: ["account"] },
    HARBOR_CODE_WRONG: { status: 403, title: "The code does not make an administrator" },
    HARBOR_STORE_FULL: { status: 507, title: "The store is full", expose: ["limit"] },
    HARBOR_UPSTREAM_REFUSED: { status: 502, title: "The classifier refused", retryable: true },
  },
  { owner: "harbor" },
);
