import { type ConfigIssue, isConfigError } from "../src/index.ts";

/** The issues with which a load is refused. */
export async function issuesOf(load: Promise<unknown>): Promise<readonly ConfigIssue[]> {
  try {
    await load;
  } catch (error) {
    if (isConfigError(error)) return error.issues;
    throw error;
  }
  throw new Error("the load was not refused");
}
