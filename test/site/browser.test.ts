import { existsSync } from "node:fs";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dist } from "./built.ts";
import { type SiteServer, serveFolder } from "./server.ts";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
if (executablePath === undefined) {
  if (process.env.CI === "true") throw new Error("Chromium is not installed");
  console.log("Chromium is not installed: the tests of the documentation site in a browser are skipped");
}

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"];
const PAGES = ["/", "/reference/resilience.html", "/tutorial/from-empty-to-guarded.html", "/api/index.html"];
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 400, height: 800 };

let server: SiteServer;
let browser: Browser;

/** Opens a page of the site and runs `use`; fails on console errors and on requests to other hosts. */
async function visit(
  path: string,
  viewport: typeof WIDE,
  colorScheme: "light" | "dark",
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
  try {
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on(
      "request",
      (request) => !request.url().startsWith(server.url) && /^http/.test(request.url()) && problems.push(request.url()),
    );
    await page.goto(server.url + path, { waitUntil: "networkidle" });
    await use(page);
    expect(problems).toEqual([]);
  } finally {
    await context.close();
  }
}

/** The serious findings of axe, with the first element of each. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0]?.html}`);
  });
}

describe.skipIf(executablePath === undefined)("the documentation site in Chromium", () => {
  beforeAll(async () => {
    server = await serveFolder(dist);
    browser = await chromium.launch({ executablePath: executablePath as string, args: FLAGS });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  describe.each(["light", "dark"] as const)("in %s mode", (mode) => {
    test.each(PAGES)(
      "%s has no console error, no foreign request and no serious problem of accessibility",
      async (path) => {
        await visit(path, WIDE, mode, async (page) => {
          expect(await page.locator("h1").first().isVisible()).toBe(true);
          if (!path.startsWith("/api/"))
            expect(await page.evaluate("document.documentElement.classList.contains('dark')")).toBe(mode === "dark");
          if (!path.startsWith("/api/")) expect(await findings(page)).toEqual([]);
        });
      },
    );
  });

  test.each(PAGES)("%s does not scroll sideways on a screen of 400 pixels", async (path) => {
    await visit(path, NARROW, "light", async (page) => {
      const width = await page.evaluate("document.documentElement.scrollWidth");
      expect(width).toBeLessThanOrEqual(NARROW.width);
    });
  });

  test("the search finds a page without a server", async () => {
    await visit("/", WIDE, "light", async (page) => {
      await page.getByRole("button", { name: "Search" }).first().click();
      await page.locator("#localsearch-input").fill("half-open breaker");
      const first = page.locator("#localsearch-list a").first();
      await first.waitFor();
      await first.click();
      await page.waitForURL(/\.html/);
      expect(await page.locator("h1").first().textContent()).not.toContain("Documentation");
    });
  });

  test("the sidebar leads from page to page", async () => {
    await visit("/", WIDE, "light", async (page) => {
      await page.locator("aside.VPSidebar").getByText("Guard a flaky call").click();
      await page.waitForURL(/guard-a-flaky-call/);
      expect(await page.locator("h1").first().textContent()).toContain("Guard a flaky call");
    });
  });

  test("the link to the API opens the pages of the other generator", async () => {
    await visit("/", WIDE, "light", async (page) => {
      await page.locator(".VPNavBarMenu").getByText("API").click();
      await page.waitForURL(/\/api\//);
      expect(await page.title()).toContain("Seaworthy");
    });
  });
});
