// Production events, on one service wired by hand from the usual libraries and on one built with Seaworthy. The events
// run one after the other, on both services in turn, each on a process of its own.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dependencyEvents } from "./dependencies.ts";
import { inputEvents } from "./input.ts";
import { shutdownEvents } from "./shutdown.ts";

const SERVICES = { "wired by hand": "hand-wired.ts", Seaworthy: "seaworthy.ts" } as const;
const events = [...shutdownEvents, ...dependencyEvents, ...inputEvents];
const wrong = Object.fromEntries(Object.keys(SERVICES).map((name) => [name, 0])) as Record<string, number>;

console.log(`| | event | ${Object.keys(SERVICES).join(" | ")} |\n|---|---|---|---|`);
for (const [index, { title, run }] of events.entries()) {
  const cells: string[] = [];
  for (const [name, file] of Object.entries(SERVICES)) {
    const { right, seen } = await run(file);
    if (!right) wrong[name] = (wrong[name] ?? 0) + 1;
    cells.push(right ? seen : `**${seen}**`);
  }
  console.log(`| ${index + 1} | ${title} | ${cells.join(" | ")} |`);
}
const lines = (file: string): number =>
  readFileSync(join(import.meta.dirname, file), "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("//")).length;
console.log(
  `| | wrong | ${Object.keys(SERVICES)
    .map((name) => `${wrong[name]} of ${events.length}`)
    .join(" | ")} |`,
);
console.log(`| | lines | ${Object.values(SERVICES).map(lines).join(" | ")} |`);
if (wrong.Seaworthy !== 0) process.exitCode = 1;
