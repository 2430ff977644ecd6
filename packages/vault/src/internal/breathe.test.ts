import { describe, expect, it } from "vitest";
import { Breath } from "./breathe.ts";

describe("a long operation", () => {
  it("gives the event loop a turn after 256 steps at the latest, and then works on", async () => {
    const breath = new Breath();
    expect(breath.isDue(256)).toBe(true);
    let turns = 0;
    setImmediate(() => {
      turns += 1;
    });
    await breath.take();
    expect(turns).toBe(1);
    // The steps are counted anew.
    const steps: boolean[] = [];
    for (let n = 0; n < 256 && !steps.includes(true); n++) steps.push(breath.isDue());
    expect(steps.length).toBeGreaterThan(1);
    expect(breath.isDue(256)).toBe(true);
  });

  it("gives the event loop a turn after eight milliseconds, however few steps it took", async () => {
    const breath = new Breath();
    const begun = performance.now();
    while (performance.now() - begun < 9);
    expect(breath.isDue()).toBe(true);
  });
});
