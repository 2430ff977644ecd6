import { systemClock } from "@seaworthy/core";
import { expect, test } from "vitest";
import { ExitFrame, type ExitHandler, unwind } from "./exit-frames.ts";
import { GuardedCall } from "./guarded-call.ts";

const call = new GuardedCall(() => 1, "test", systemClock, undefined);
const stays = (): undefined => undefined;

/** Guards around each other, the outermost first, that note in which order and with what they are left. */
function around(seen: string[], ...guards: Partial<ExitHandler>[]): ExitFrame | undefined {
  return guards.reduce<ExitFrame | undefined>((outer, guard, index) => {
    const { onReturn = stays, onThrow = stays } = guard;
    const handler: ExitHandler = {
      onReturn: (...args) => {
        seen.push(`${index} returned ${args[1]}`);
        return onReturn(...args);
      },
      onThrow: (...args) => {
        seen.push(`${index} threw ${args[1]}`);
        return onThrow(...args);
      },
    };
    return new ExitFrame(handler, call, undefined, outer);
  }, undefined);
}

test("guards are left from the innermost out, and the outcome is the operation's", async () => {
  const seen: string[] = [];
  const error = new Error("down");
  await expect(unwind(Promise.resolve("value"), around(seen, {}, {}))).resolves.toBe("value");
  await expect(unwind(Promise.reject(error), around(seen, {}, {}))).rejects.toBe(error);
  expect(seen).toEqual(["1 returned value", "0 returned value", "1 threw Error: down", "0 threw Error: down"]);
});

test("what a guard puts in the outcome's place goes through the guards around it", async () => {
  const seen: string[] = [];
  const error = new Error("no better");
  const worse = around(seen, {}, { onReturn: () => Promise.reject(error) }, {});
  await expect(unwind(Promise.resolve("bad"), worse)).rejects.toBe(error);
  const better = around(seen, {}, { onThrow: () => Promise.resolve("again") }, {});
  await expect(unwind(Promise.reject(error), better)).resolves.toBe("again");
  expect(seen.filter((line) => line.startsWith("0"))).toEqual(["0 threw Error: no better", "0 returned again"]);
});

test("a guard that breaks while it is left fails the call, and those around it are left all the same", async () => {
  const seen: string[] = [];
  const broken = (): never => {
    throw new Error("bug");
  };
  await expect(unwind(Promise.resolve(1), around(seen, {}, { onReturn: broken }, {}))).rejects.toThrow("bug");
  await expect(unwind(Promise.reject("down"), around(seen, {}, { onThrow: broken }, {}))).rejects.toThrow("bug");
  expect(seen.filter((line) => line.startsWith("0"))).toEqual(["0 threw Error: bug", "0 threw Error: bug"]);
});
