import { createVitest } from "vitest/node";

// A vitest that stays loaded, in a process of its own that can be killed if a mutant never ends. Its parent sends one test
// file at a time, with the tests of the file that are to run.
export interface Order {
  readonly file: string;
  /** A regular expression for the full names of tests, or everything if it is missing. */
  readonly names?: string | undefined;
}

export interface Answer {
  readonly failed: boolean;
  /** Whether something other than a test failed. */
  readonly broken: boolean;
  /** Full names and milliseconds of the tests that passed. */
  readonly passed: readonly (readonly [string, number])[];
  /** What failed, for people. */
  readonly reasons: readonly string[];
}

const [config = "", bail = "1"] = process.argv.slice(2);
const vitest = await createVitest("test", {
  ...{ config, watch: false, reporters: [{}], bail: Number(bail), maxWorkers: 1, fileParallelism: false },
  ...{ coverage: { enabled: false }, onConsoleLog: () => false },
});
await vitest.standalone();
await vitest.globTestSpecifications();

async function run({ file, names }: Order): Promise<Answer> {
  vitest.state.filesMap.clear();
  vitest.state.errorsSet.clear();
  const pattern = names === undefined ? undefined : new RegExp(names);
  for (const project of vitest.projects) {
    // vitest has a setter for the pattern of all projects, but a pattern cannot be taken back with it in all versions.
    if (pattern === undefined) delete project.config.testNamePattern;
    else project.config.testNamePattern = pattern;
  }
  const specifications = vitest.projects[0] === undefined ? [] : [vitest.projects[0].createSpecification(file)];
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  const passed: [string, number][] = [];
  const reasons = unhandledErrors.map((error) => String(error));
  for (const module of testModules) {
    if (!module.ok()) reasons.push(...module.errors().map(({ message }) => message));
  }
  const broken = reasons.length > 0;
  for (const module of testModules) {
    for (const test of module.children.allTests()) {
      const { state, errors } = test.result();
      if (state === "passed") passed.push([test.fullName, test.diagnostic()?.duration ?? 0]);
      if (state === "failed") reasons.push(`${test.fullName}: ${errors?.[0]?.message ?? ""}`);
    }
  }
  return { failed: reasons.length > 0 || testModules.some((module) => !module.ok()), broken, passed, reasons };
}

process.on("message", (order: Order) => {
  run(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failed: true, broken: true, passed: [], reasons: [String(error)] }),
  );
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
