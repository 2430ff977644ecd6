import { readGauges } from "@seaworthy/core";
import { expect, test } from "vitest";
import type { LifecycleState } from "../state.ts";
import { trackState } from "./track-state.ts";

const shown = (): Record<string, number> =>
  Object.fromEntries(
    readGauges()
      .filter(({ definition }) => definition.name === "lifecycle.state")
      .map(({ labels, value }) => [labels.state, value]),
  );

test("the state that a service is in is 1 and every other state is 0, at the moment of the scrape", () => {
  const service: { state: LifecycleState } = { state: "starting" };
  trackState(service);
  expect(shown()).toEqual({ starting: 1, ready: 0, draining: 0, stopped: 0, failed: 0 });
  service.state = "draining";
  expect(shown()).toEqual({ starting: 0, ready: 0, draining: 1, stopped: 0, failed: 0 });
});
