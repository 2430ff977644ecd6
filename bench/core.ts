import { AsyncLocalStorage } from "node:async_hooks";
import {
  currentContext,
  defineErrors,
  defineEvent,
  onSpan,
  onTelemetry,
  runWithContext,
  scrubSecrets,
  secret,
  startSpan,
} from "@seaworthy/core";
import { containsSecret } from "@seaworthy/core/redaction";
import { compare } from "./harness.ts";

const event = defineEvent("bench.done", { help: "Something was done.", unit: "seconds", labels: ["outcome"] });
let counter = 0;
const increment = (): void => void counter++;
const emit = (): void => {
  if (event.active) event.emit({ outcome: "ok" }, 0.1);
  counter++;
};

await compare("An event with no listener", { "nothing (floor)": increment, "event.active, then emit": emit });
const end = onTelemetry(increment);
await compare("An event with one listener", { "calling a function": increment, "event.emit": emit });
end();

const span = (): void => {
  const open = startSpan(event);
  counter++;
  open?.end({ outcome: "ok" });
};
await compare("A span with no listener", { "nothing (floor)": increment, "startSpan, then end": span });
const endSpans = onSpan(increment);
await compare("A span with one listener", {
  "calling a function": increment,
  "startSpan, then end": span,
});
endSpans();

const raw = new AsyncLocalStorage<object>();
const fields = { correlationId: "r-1" };
await compare("Context", {
  "AsyncLocalStorage.run": () => raw.run(fields, increment),
  runWithContext: () => runWithContext(fields, increment),
});
await runWithContext(fields, () =>
  raw.run(fields, () =>
    compare("Reading the context", {
      "AsyncLocalStorage.getStore": () => raw.getStore(),
      currentContext: () => currentContext(),
    }),
  ),
);

const errors = defineErrors({
  BENCH_FULL: { title: "With a stack" },
  BENCH_STACKLESS: { title: "Without", stackless: true },
});
await compare("Errors", {
  "new Error": () => new Error("With a stack"),
  "an error with a code": () => errors.BENCH_FULL(),
  "a stackless error with a code": () => errors.BENCH_STACKLESS(),
});

const line = JSON.stringify({
  level: 30,
  msg: "request completed",
  url: "/orders/7",
  headers: { accept: "*/*", host: "example.test" },
});
const held = Array.from({ length: 10 }, (_, i) => secret(`a-secret-of-usual-length-${i}`));
await compare(`Scrubbing ${held.length} secrets out of a line of ${line.length} units`, {
  "10 × String.includes": () => held.some((one) => line.includes(one.reveal())),
  scrubSecrets: () => scrubSecrets(line),
});

const many = Array.from({ length: 5000 }, (_, i) => secret(`another-secret-of-usual-length-${i}`));
await compare(`Looking for ${held.length + many.length} secrets in a line of ${line.length} units`, {
  containsSecret: () => containsSecret(line),
  "one by one, with String.includes": () => many.some((one) => line.includes(one.reveal())),
});
