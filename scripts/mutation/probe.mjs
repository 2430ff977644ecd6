// Loaded into every Node.js process of a mutation run, through NODE_OPTIONS: the workers of vitest, and the programs that tests
// start. It switches a mutant on, or writes down which mutants are reached by which test.
import { appendFileSync, readFileSync } from "node:fs";

const { SEAWORTHY_MUTATION_STATE: path } = process.env;
if (path !== undefined) {
  const { mutant, coverage, hitLimit } = JSON.parse(readFileSync(path, "utf8"));
  // The name by which StrykerJS's instrumented code finds its state.
  globalThis.__stryker__ =
    mutant === undefined ? { mutantCoverage: recorder(coverage) } : { activeMutant: mutant, hitCount: 0, hitLimit };
}

/**
 * Takes StrykerJS's counts, and appends every mutant to a file at its first count: a process may be killed at any moment. Only
 * the first count of a mutant meets the proxy, which is the prototype of the counts. Loops stay fast.
 */
function recorder(coverage) {
  const record = (test) =>
    Object.create(
      new Proxy(
        {},
        {
          set(_, id, count, counts) {
            const [file, name] = JSON.parse(process.env.SEAWORTHY_MUTATION_TEST ?? '["",""]');
            appendFileSync(coverage, `${JSON.stringify([file, test ?? name, id])}\n`);
            return Reflect.defineProperty(counts, id, { value: count, writable: true, enumerable: true });
          },
        },
      ),
    );
  return { static: record(undefined), perTest: Object.create(new Proxy({}, { get: (_, test) => record(test) })) };
}
