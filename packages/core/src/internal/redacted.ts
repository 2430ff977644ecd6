/** What stands in every place where a secret would have been. */
export const REDACTED = "[redacted]";
