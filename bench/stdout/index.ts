// What a line to standard output costs the caller if a reader takes it from a pipe at once: 400 turns of 50 lines each.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const variants = [
  "pino, default",
  "pino, sync: false",
  "seaworthy, line",
  "seaworthy, turn",
  "seaworthy, background",
] as const;
const ROUNDS = 7;
const times = new Map<string, number[]>(variants.map((variant) => [variant, []]));

async function measure(variant: string): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, "child.ts"), variant], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  child.stdout?.resume();
  const [nanoseconds] = (await once(child, "message")) as [number];
  if (child.exitCode === null) await once(child, "close");
  return nanoseconds;
}

for (let round = 0; round < ROUNDS; round++)
  for (const variant of [...variants].sort(() => Math.random() - 0.5)) times.get(variant)?.push(await measure(variant));
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;
const base = median(times.get(variants[0]) as number[]);
console.log("\nan info line to a pipe, 50 lines in a turn");
for (const [variant, values] of times)
  console.log(
    `  ${variant.padEnd(24)}${Math.round(median(values))} ns`.padEnd(40),
    `${(median(values) / base).toFixed(2)} ×`,
  );
