import { describe, expect, test } from "vitest";
import { runWorkers } from "./index.ts";

const worker = (): void => undefined;

describe("runWorkers", () => {
  test.each<[object, RegExp]>([
    [{}, /runWorkers: worker must be a function; got undefined/],
    [{ worker, count: 0 }, /runWorkers: count must be an integer from 1 to 1024; got 0/],
    [{ worker, count: null }, /runWorkers: count must be an integer/],
    [{ worker, count: 1.5 }, /runWorkers: count must be an integer/],
    [{ worker, startTimeout: 0 }, /runWorkers: startTimeout must be more than 0; got 0/],
    [{ worker, deadline: -1 }, /runWorkers: deadline/],
    [{ worker, initialDelay: "1s", maxDelay: "999ms" }, /maxDelay must not be below initialDelay; got 999 and 1000 ms/],
    [{ worker, initialDelay: "11s" }, /maxDelay must not be below initialDelay; got 10000 and 11000 ms/],
    [{ worker, crashLimit: 0 }, /runWorkers: crashLimit must be an integer from 1/],
    [{ worker, crashWindow: Number.NaN }, /runWorkers: crashWindow/],
    [{ worker, signals: ["SIGKILL"] }, /runWorkers: signals must be an array of names like "SIGTERM"/],
    [{ worker, restartSignals: "SIGHUP" }, /runWorkers: restartSignals must be an array of names/],
    [{ worker, signals: ["SIGHUP"] }, /signals and restartSignals must not share a signal; both have "SIGHUP"/],
    [{ worker, exit: "no" }, /runWorkers: exit must be a function; got "no"/],
    [{ worker, report: 1 }, /runWorkers: report must be a function/],
    [{ worker, flush: null }, /runWorkers: flush must be a function/],
    [{ worker, clock: {} }, /runWorkers: clock must have now\(\) and monotonic\(\)/],
    [{ worker, random: 4 }, /runWorkers: random must be a function/],
    [{ worker, workers: 2 }, /runWorkers has no option "workers"/],
  ])("rejects %j", async (options, message) => {
    await expect(runWorkers(options as never)).rejects.toThrow(message);
    await expect(runWorkers(options as never)).rejects.toBeInstanceOf(TypeError);
  });
});
