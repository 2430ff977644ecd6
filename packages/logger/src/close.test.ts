import { defineEvent } from "@seaworthy/core";
import { expect, test } from "vitest";
import { createLogger } from "./create-logger.ts";
import { stdout } from "./destinations/stdout.ts";
import { captureLogs } from "./testing.ts";

const sent = defineEvent("testlogger.sent", { help: "A message was sent.", level: "info" });

test("disposing a child ends what the child began, and nothing of its parent's or its siblings'", async () => {
  const { logger, records, find } = captureLogs();
  const sibling = logger.child({ who: "sibling" });
  const family = logger.tail();
  const siblings = sibling.tail();
  logger.observe();
  let own: ReturnType<typeof logger.tail>;
  {
    await using request = logger.child({ who: "request" });
    request.observe();
    request.child({ inner: true }).observe();
    own = request.child({}).tail();
    const gentle = request.limited({ per: "1h", lines: 1 });
    for (let i = 0; i < 3; i++) gentle.info("often");
    sent.emit({});
    expect(find("testlogger.sent")).toHaveLength(3);
  }
  expect(records.at(-1)).toMatchObject({ who: "request", suppressed: 2 });
  sent.emit({});
  expect(find("testlogger.sent")).toHaveLength(4);
  const ended = [];
  for await (const record of own) ended.push(record);
  expect(ended.length).toBeGreaterThan(0);
  for (const tail of [family, siblings])
    expect(await tail[Symbol.asyncIterator]().next()).toMatchObject({ done: false });
  await logger.close();
  sent.emit({});
  expect(find("testlogger.sent")).toHaveLength(4);
  for await (const _ of siblings);
});

test("closing an operation, or a child while another is held back, leaves the rest of the family as it is", async () => {
  const { logger, find } = captureLogs();
  logger.observe();
  const gentle = logger.limited({ per: "1h", lines: 1 });
  for (let i = 0; i < 3; i++) gentle.info("often");
  await logger.operation("work", async (operation) => operation.close());
  expect(find(/were suppressed/)).toHaveLength(0);
  sent.emit({});
  expect(find("testlogger.sent")).toHaveLength(1);
  const { close } = logger;
  await close();
  expect(find(/were suppressed/)).toHaveLength(1);
});

test("a child that is closed does not close the destinations, the logger does", async () => {
  const destination = stdout({ pretty: false });
  let closed = 0;
  const counting = { ...destination, write: () => undefined, close: async () => void closed++ };
  const logger = createLogger({ destinations: counting });
  await logger.child({}).close();
  expect(closed).toBe(0);
  await logger.close();
  expect(closed).toBe(1);
});
