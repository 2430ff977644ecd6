import { shared } from "./shared.ts";

/** The `type` of problem documents by error code; shared, so that every copy of this package renders the same document. */
export const problemTypes: Map<string, string> = shared("problem-types.v1", () => new Map());
