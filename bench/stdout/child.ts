// Writes lines to standard output in bursts, as requests make them, and reports over IPC how long that took.
import { setImmediate as turn } from "node:timers/promises";
import { createLogger, stdout } from "@seaworthy/logger";
import { pino } from "pino";

const payload = { route: "/orders/:id", method: "POST", status: 201, user: { id: "u-42", roles: ["buyer"] } };
const loggers: Readonly<Record<string, () => { info(fields: object, message: string): void }>> = {
  "pino, default": () => pino({ name: "orders" }),
  "pino, sync: false": () => pino({ name: "orders" }, pino.destination({ dest: 1, sync: false })),
  "seaworthy, line": () => createLogger({ name: "orders", pretty: false }),
  "seaworthy, turn": () => createLogger({ name: "orders", destinations: [stdout({ mode: "turn", pretty: false })] }),
  "seaworthy, background": () =>
    createLogger({ name: "orders", destinations: [stdout({ mode: "background", buffer: "64mb", pretty: false })] }),
};
const logger = (loggers[process.argv[2] ?? ""] as () => { info(fields: object, message: string): void })();
const BURSTS = 400;
const LINES = 50;
for (let i = 0; i < LINES * 20; i++) logger.info(payload, "order accepted");
await turn();
const start = performance.now();
for (let burst = 0; burst < BURSTS; burst++) {
  for (let i = 0; i < LINES; i++) logger.info(payload, "order accepted");
  await turn();
}
process.send?.(((performance.now() - start) * 1e6) / (BURSTS * LINES), () => process.exit());
