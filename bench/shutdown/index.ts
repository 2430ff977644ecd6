// Counts the requests that are lost when a service stops while its clients continue: 50 keep-alive clients on 300 ms requests, 20 on
// fast ones and one request of 3 s, with clients that keep sending for 500 ms behind SIGTERM.
import { join } from "node:path";
import { launch } from "../../packages/lifecycle/test/harness.ts";
import { type Load, type Outcome, run } from "../../packages/lifecycle/test/rig.ts";
import { median, shuffled } from "../harness.ts";

const LOAD: Load = { slow: 50, slowTime: 300, fast: 20, long: 3000, before: 1000, after: 500 };
const ROUNDS = 3;
const CONTESTANTS = [
  "seaworthy",
  "seaworthy, default delay",
  "terminus",
  "lightship",
  "lightship in Kubernetes",
  "http-terminator",
  "close-with-grace",
  "server.close()",
];

const outcomes = new Map<string, Outcome[]>(CONTESTANTS.map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const name of shuffled(CONTESTANTS)) {
    const service = await launch(join(import.meta.dirname, "service.ts"), [name]);
    if (Number.isNaN(service.port)) throw new Error(`${name} did not start: ${service.output()}`);
    outcomes.get(name)?.push(await run(service, LOAD));
  }
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;
const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
console.log(row(["", "lost, each round", "3 s request", "exit after SIGTERM", "after the last response", "exit code"]));
console.log(row(["---", "---", "---", "---", "---", "---"]));
for (const [name, rounds] of outcomes) {
  const codes = new Set(rounds.map(({ code, signal }) => String(code ?? signal)));
  console.log(
    row([
      name,
      rounds.map(({ lostCount }) => lostCount).join(", "),
      rounds.every(({ longAnswered }) => longAnswered) ? "answered" : "lost",
      seconds(median(rounds.map(({ exit }) => exit))),
      seconds(median(rounds.map(({ exit, lastResponse }) => exit - lastResponse))),
      [...codes].join(", "),
    ]),
  );
}
console.log("\nWhat clients saw:");
for (const [name, rounds] of outcomes) {
  const kinds: Record<string, number> = {};
  for (const { lost } of rounds)
    for (const [kind, count] of Object.entries(lost)) kinds[kind] = (kinds[kind] ?? 0) + count;
  const answered = rounds.map(({ answered }) => answered).join(", ");
  const seen = Object.entries(kinds).map(([kind, count]) => `${kind} × ${count}`);
  console.log(`  ${name}: answered ${answered}; ${seen.join(", ") || "nothing lost"}`);
}

const ours = outcomes.get("seaworthy") as Outcome[];
const kept = ours.every(
  ({ lostCount, longAnswered, code, exit, lastResponse }) =>
    lostCount === 0 && longAnswered && code === 0 && exit - lastResponse < 1000,
);
if (!kept) {
  console.error(
    "\nThe promise is broken: 0 lost, the long request answered, exit within 1 s of the last response, code 0.",
  );
  process.exitCode = 1;
}
