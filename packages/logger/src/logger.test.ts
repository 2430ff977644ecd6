import { expect, test } from "vitest";
import { captureLogs } from "./testing.ts";

test("what compiles is what a log method understands", () => {
  const { logger, records } = captureLogs();
  const error = new Error("refused");
  logger.error("failed", error);
  logger.error("order %d failed", 7, error);
  logger.error(error, "failed");
  logger.info("moved", { orderId: 7 });
  // @ts-expect-error a number is asked for, by pino's own types too
  logger.info("order %d", "seven");
  const err = { type: "Error", message: "refused" };
  expect(records).toMatchObject([
    { msg: "failed", err },
    { msg: "order 7 failed", err },
    { msg: "failed", err },
    { msg: "moved", orderId: 7 },
    { msg: "order NaN" },
  ]);
});

test("a caught value compiles after the message, whatever it is", () => {
  const { logger, of } = captureLogs();
  for (const thrown of [new Error("refused"), "text", undefined]) {
    try {
      throw thrown;
    } catch (error) {
      logger.error("failed", error);
      logger.error("order %d failed", 7, error);
      // @ts-expect-error a number is asked for, and this may be none
      logger.debug("order %d failed", error);
    }
  }
  // @ts-expect-error no placeholder asks for this text
  logger.debug("moved", "away");
  const err = { message: "refused" };
  expect(of("error")).toMatchObject([
    { msg: "failed", err },
    { msg: "order 7 failed", err },
    { msg: "failed text" },
    { msg: "order 7 failed text" },
    { msg: "failed" },
    { msg: expect.stringMatching(/^order 7 failed/) },
  ]);
});
