// One info line, and one at a disabled level, against the loggers people use; all into a stream that drops its lines.
// Only Seaworthy and "pino, mixin + redact" add the context and redact; the others write the same payload as it is.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import * as logtape from "@logtape/logtape";
import { currentContext, runWithContext } from "@seaworthy/core";
import { createLogger, file } from "@seaworthy/logger";
import { pino } from "pino";
import winston from "winston";
import { compare } from "./harness.ts";

let bytes = 0;
const drop = {
  write(line: string): void {
    bytes += line.length;
  },
};
const payload = {
  route: "/orders/:id",
  method: "POST",
  status: 201,
  durationMs: 12.5,
  user: { id: "u-42", roles: ["buyer"], password: "correct horse" },
  request: { headers: { authorization: "Bearer abc", "user-agent": "curl/8.5.0" }, bytes: 512 },
};
const message = "order accepted";

const raw = pino({ name: "orders" }, drop);
const loaded = pino(
  {
    name: "orders",
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: () => ({ correlationId: currentContext().correlationId }),
    redact: ["user.password", "request.headers.authorization"],
  },
  drop,
);
const seaworthy = createLogger({ name: "orders", destinations: [drop] });
const stream = new Writable({
  write(chunk: Buffer, _encoding, done) {
    bytes += chunk.length;
    done();
  },
});
const winstonLogger = winston.createLogger({
  level: "info",
  format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
  transports: [new winston.transports.Stream({ stream })],
});
const format = logtape.getJsonLinesFormatter();
await logtape.configure({
  sinks: { drop: (record) => drop.write(format(record)) },
  loggers: [
    { category: "orders", lowestLevel: "info", sinks: ["drop"] },
    { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["drop"] },
  ],
});
const logtapeLogger = logtape.getLogger("orders");

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
await runWithContext({ correlationId: "0af76519-16cd-43dd-8448-eb211c80319c", traceparent }, async () => {
  await compare("an info line with context and key redaction", {
    "pino, bare": () => raw.info(payload, message),
    "pino, mixin + redact": () => loaded.info(payload, message),
    seaworthy: () => seaworthy.info(payload, message),
    winston: () => winstonLogger.info(message, payload),
    LogTape: () => logtapeLogger.info(message, payload),
  });
  await compare("a line at a disabled level", {
    "pino, bare": () => raw.debug(payload, message),
    seaworthy: () => seaworthy.debug(payload, message),
    winston: () => winstonLogger.debug(message, payload),
    LogTape: () => logtapeLogger.debug(message, payload),
  });
  await compare("a child logger with one binding, and its first line", {
    "pino, bare": () => raw.child({ requestId: "r-1" }).info(message),
    seaworthy: () => seaworthy.child({ requestId: "r-1" }).info(message),
  });
});

const directory = mkdtempSync(join(tmpdir(), "seaworthy-bench-"));
const toFile = createLogger({ name: "orders", destinations: [file({ path: join(directory, "seaworthy.log") })] });
const pinoToFile = pino({ name: "orders" }, pino.destination({ dest: join(directory, "pino.log"), sync: true }));
await compare("an info line to a file, written before the call returns", {
  "pino, sync destination": () => pinoToFile.info(payload, message),
  seaworthy: () => toFile.info(payload, message),
});
rmSync(directory, { recursive: true });
if (bytes === 0) throw new Error("nothing was written");
