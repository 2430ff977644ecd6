import { systemClock } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { afterEach, expect, test, vi } from "vitest";
import type { Notice, StopReport } from "../options.ts";
import { Exit } from "./exit.ts";

const clean: StopReport = { reason: "SIGTERM", code: 0, duration: 10, cut: [], handles: [] };
afterEach(() => vi.restoreAllMocks());

/** An exit that is demanded, after a shutdown whose deadline ends after so many milliseconds. */
async function leaveWithin(left: number | undefined) {
  const ended = vi.spyOn(process, "exit").mockImplementation(() => undefined as never);
  const notices: Notice[] = [];
  const clock = manualClock();
  const exit = new Exit({ exit: true, report: (notice) => void notices.push(notice), flush: () => undefined, clock });
  exit.demand();
  await exit.after(clean, false, left === undefined ? undefined : clock.monotonic() + left);
  return { ended, notices, clock };
}

test.each([
  [undefined, 500],
  [60_000, 500],
  [120, 120],
  [0, 0],
  [-50, 0],
])("with %s ms left of the deadline, a handle that was forgotten holds the process for %s ms", async (left, limit) => {
  const { ended, notices, clock } = await leaveWithin(left);
  if (limit > 0) {
    await clock.advance(limit - 1);
    expect(ended).not.toHaveBeenCalled();
  }
  await clock.advance(1);
  expect(ended).toHaveBeenCalledTimes(1);
  expect(notices[0]?.message).toContain("kept the process alive");
});

test("a shutdown that cut something ends the process at once", async () => {
  const ended = vi.spyOn(process, "exit").mockImplementation(() => undefined as never);
  const exit = new Exit({ exit: true, report: () => undefined, flush: () => undefined, clock: systemClock });
  exit.demand();
  await exit.after({ ...clean, code: 1 }, false, 0);
  expect(ended).toHaveBeenCalledWith(1);
});
