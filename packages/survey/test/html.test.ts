import { existsSync } from "node:fs";
import axe from "axe-core";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toHtml } from "../src/index.ts";
import { report, result } from "./samples.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync) ?? "";
const isThere = CHROMIUM !== "";
if (!isThere && process.env.CI === "true") throw new Error("there is no Chromium, which CI needs");
if (!isThere) console.warn("skipped: there is no Chromium");

const html = toHtml(
  report([
    result("start/ready-in-time", "fail", {
      severity: "critical",
      evidence: [
        { kind: "log", lines: ["a line"] },
        { kind: "timeline", points: [{ at: 1, what: "SIGTERM" }] },
        {
          kind: "series",
          series: {
            label: "latency",
            unit: "ms",
            points: [
              [0, 1],
              [5, 2],
            ],
          },
        },
        { kind: "exchange", exchange: { request: "GET /", status: 200, headers: {}, body: "hi", duration: 2 } },
      ],
    }),
    result("start/port-in-use", "pass"),
    result("start/after-kill", "error"),
    result("health/recovers", "not-applicable", { group: "health" }),
  ]),
);

describe.skipIf(!isThere)("the HTML report in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
    });
  });
  afterAll(() => browser.close());

  test.each(["light", "dark"] as const)("has no fault that axe finds, with the %s scheme", async (colorScheme) => {
    const page = await browser.newPage({ colorScheme, bypassCSP: true });
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    await page.setContent(html);
    await page.evaluate(`for (const details of document.querySelectorAll("details")) details.open = true;`);
    await page.evaluate(axe.source);
    const violations = await page.evaluate(async () => {
      const { violations: found } = await Reflect.get(globalThis, "axe").run();
      return found.map(({ id, nodes }: { id: string; nodes: { html: string }[] }) => `${id}: ${nodes[0]?.html}`);
    });
    expect(violations).toEqual([]);
    expect(requests).toEqual([]);
    await page.close();
  });

  test("filters by outcome with the keyboard", async () => {
    const page = await browser.newPage();
    await page.setContent(html);
    const visible = (): Promise<number> => page.locator(".audit:visible").count();
    expect(await visible()).toBe(4);
    await page.locator("button[data-filter=fail]").focus();
    await page.keyboard.press("Enter");
    expect(await visible()).toBe(1);
    expect(await page.locator("section:visible").count()).toBe(1);
    await page.locator("button[data-filter=all]").press("Space");
    expect(await visible()).toBe(4);
    await page.close();
  });

  test("fits a narrow screen", async () => {
    const page = await browser.newPage({ viewport: { width: 400, height: 800 } });
    await page.setContent(html);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await page.close();
  });
});
