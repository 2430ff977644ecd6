import { expect, test } from "vitest";
import { createMetrics, eventSeries } from "./index.ts";

test("a counter takes an amount of 0, which is the least, and counts nothing as dropped", async () => {
  await using metrics = createMetrics({ runtime: false });
  const jobs = metrics.counter({ name: "jobs_total", help: "Jobs." });
  jobs.add(0);
  jobs.bind().add(0);
  const { body } = await metrics.render();
  expect(body).toContain("\njobs_total 0\n");
  expect(body).not.toContain("dropped_total{");
});

test.each([null, "status", 5, ["status"]])("the option labels of an event refuses %j", (labels) => {
  const event = { name: "mail.sent", help: "Sent.", labels: ["status"] };
  expect(() => eventSeries(event, { labels: labels as never })).toThrow(
    /^events: mail\.sent: labels must be an object of name to other name; got /,
  );
});
