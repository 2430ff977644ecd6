import { type Event, event, finding, statusOf } from "./event.ts";
import { until, wait } from "./rig.ts";

const SLOW = 3000;
const probe = (url: string): Promise<string> => statusOf(url, { signal: AbortSignal.timeout(SLOW) });

/** What goes wrong with the services that this one calls. */
export const dependencyEvents: Event[] = [
  event("The database hangs", async ({ url, database }) => {
    database.mode = "hanging";
    const [health, live] = [await probe(`${url}/healthz`), await probe(`${url}/livez`)];
    return finding(health === "503" && live === "200", `health ${health}, liveness ${live}`);
  }),
  event("The database is down", async ({ url, database }) => {
    database.mode = "failing";
    const [health, live] = [await probe(`${url}/healthz`), await probe(`${url}/livez`)];
    return finding(health === "503" && live === "200", `health ${health}, liveness ${live}`);
  }),
  event("A client leaves during a call of the upstream", async ({ url, upstream, output }) => {
    upstream.mode = "hanging";
    await statusOf(`${url}/rate/NOK`, { signal: AbortSignal.timeout(300) });
    await until(
      () => upstream.calls.every(({ aborted }) => aborted),
      (all) => all,
    );
    const after = performance.now();
    await wait(1500);
    const aborted = upstream.calls.filter((call) => call.aborted && call.at < after).length;
    const is499 = /"status(Code)?":499/.test(output());
    const right = upstream.calls.length === 1 && aborted === 1 && is499;
    return finding(right, `${upstream.calls.length} calls, ${is499 ? "logged as 499" : "not logged as 499"}`);
  }),
  event("The upstream answers 429 with Retry-After: 1", async ({ url, upstream }) => {
    upstream.mode = "limited";
    const status = await statusOf(`${url}/rate/NOK`, { signal: AbortSignal.timeout(5000) });
    const [first, second] = upstream.calls;
    if (second === undefined || first === undefined) return finding(true, `not called again (${status})`);
    const pause = second.at - first.at;
    return finding(pause >= 1000, `called again after ${pause < 1000 ? "less" : "more"} than 1 s`);
  }),
  event("The upstream hangs", async ({ url, upstream }) => {
    upstream.mode = "hanging";
    const status = await statusOf(`${url}/rate/NOK`, { signal: AbortSignal.timeout(5000) });
    const calls = upstream.calls.length;
    await wait(2500);
    const later = upstream.calls.length - calls;
    return finding(status === "504" && later === 0, `${status}, ${later} further calls after the answer`);
  }),
  event("The upstream fails", async ({ url, upstream }) => {
    upstream.mode = "failing";
    for (let i = 0; i < 10; i++) await statusOf(`${url}/rate/NOK`);
    const response = await fetch(`${url}/rate/NOK`);
    await response.arrayBuffer();
    const hint = response.headers.get("retry-after");
    return finding(response.status === 503 && hint !== null, `${response.status}, Retry-After: ${hint ?? "none"}`);
  }),
  event("200 requests at once while the upstream fails", async ({ url, upstream }) => {
    upstream.mode = "failing";
    await Promise.all(Array.from({ length: 200 }, () => statusOf(`${url}/rate/NOK`)));
    const ratio = upstream.calls.length / 200;
    return finding(ratio <= 1.2, `${ratio.toFixed(2)} calls per request`);
  }),
  event("The upstream answers 404 twelve times", async ({ url, upstream }) => {
    for (let i = 0; i < 12; i++) await statusOf(`${url}/rate/XXX`);
    const [status, calls] = [await statusOf(`${url}/rate/NOK`), upstream.calls.length];
    return finding(status === "200" && calls === 13, status === "200" ? "the breaker stays closed" : status);
  }),
];
