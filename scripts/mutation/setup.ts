import { afterEach, beforeEach, expect } from "vitest";

// Names the test that runs, for the probe in this process and in the processes that the test starts.
interface Task {
  readonly name: string;
  readonly suite?: Task | undefined;
}
const state = globalThis as { __stryker__?: { currentTestId?: string | undefined; activeMutant?: string } };
const file = expect.getState().testPath ?? "";
const announce = (name: string): void => {
  process.env.SEAWORTHY_MUTATION_TEST = JSON.stringify([file, name]);
};
if (state.__stryker__ !== undefined && state.__stryker__.activeMutant === undefined) {
  const found = state.__stryker__;
  announce("");
  beforeEach(({ task }) => {
    const names: string[] = [];
    for (let at: Task | undefined = task; at !== undefined; at = at.suite) names.unshift(at.name);
    const name = names.filter((part) => part !== "").join(" > ");
    found.currentTestId = name;
    announce(name);
  });
  afterEach(() => {
    found.currentTestId = undefined;
    announce("");
  });
}
