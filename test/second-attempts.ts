import type { Reporter, TestModule } from "vitest/node";

/**
 * A reporter that names every test that passed only at its second attempt.
 *
 * CI repeats a test that failed once, so that one unlucky test of thousands does not hide the result of the others.
 * Such a test still has a defect, in itself or in the code behind it, and this list is where it is seen.
 */
// biome-ignore lint/style/noDefaultExport: vitest takes a reporter from the default export of its file.
export default class SecondAttempts implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const names = modules.flatMap((module) =>
      [...module.children.allTests()]
        .filter((test) => test.diagnostic()?.flaky === true)
        .map((test) => `  ${module.relativeModuleId} > ${test.fullName}`),
    );
    if (names.length === 0) return;
    console.log(`\n${names.length} passed only at the second attempt; each has a defect:\n${names.join("\n")}`);
  }
}
