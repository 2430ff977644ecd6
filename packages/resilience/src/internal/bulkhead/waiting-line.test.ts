import fc from "fast-check";
import { expect, test } from "vitest";
import { Place, WaitingLine } from "./waiting-line.ts";

test("whichever places join and leave, the line holds the others in order of arrival", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat({ max: 20 }), { freq: 2 }), { maxLength: 60 }), (steps) => {
      const line = new WaitingLine();
      const expected: Place[] = [];
      for (const step of steps) {
        if (step === null) {
          const place = new Place(() => undefined);
          line.join(place);
          expected.push(place);
        } else if (step < expected.length) {
          const [place] = expected.splice(step, 1);
          line.remove(place as Place);
          line.remove(place as Place);
        }
        expect(line.length).toBe(expected.length);
        const held: Place[] = [];
        for (let at = line.first; at !== undefined; at = at.later) held.push(at);
        expect(held).toEqual(expected);
      }
    }),
  );
});
