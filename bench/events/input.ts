import { type Event, event, finding, statusOf } from "./event.ts";
import { KEY, wait } from "./rig.ts";
import { logged } from "./shutdown.ts";

const post = (url: string, body: string): Promise<Response> =>
  fetch(`${url}/orders`, { method: "POST", headers: { "content-type": "application/json" }, body });

/** What clients send, and what reaches the logs and the metrics of it. */
export const inputEvents: Event[] = [
  event("A secret is in the message of an error", async ({ url, output }) => {
    await statusOf(`${url}/leak`);
    await logged(output, /refused the key/);
    const leaked = output().includes(KEY);
    return finding(!leaked, leaked ? "in the log in clear" : "not in the log");
  }),
  event("1000 paths that do not exist", async ({ url }) => {
    for (let i = 0; i < 1000; i += 50)
      await Promise.all(Array.from({ length: 50 }, (_, n) => statusOf(`${url}/wp-${(i + n).toString(36)}x/index.php`)));
    const series = (await (await fetch(`${url}/metrics`)).text()).split("\n").filter((line) => !line.startsWith("#"));
    return finding(series.length < 1000, `${series.length} lines of metrics`);
  }),
  event("A malformed, an oversized and an invalid body", async ({ url }) => {
    const responses = [
      await post(url, '{"item":'),
      await post(url, JSON.stringify({ item: "x".repeat(200_000), quantity: 1 })),
      await post(url, '{"item":"rope","quantity":0}'),
    ];
    const statuses = responses.map(({ status }) => status).join(", ");
    const shown = /in JSON at position|Unexpected (end|token)/.test(await (responses[0] as Response).text());
    return finding(statuses === "400, 413, 422" && !shown, `${statuses}${shown ? ", the parser's text is shown" : ""}`);
  }),
  event("A hostile X-Request-Id", async ({ url }) => {
    const hostile = `<script>${"a".repeat(300)}`;
    const response = await fetch(`${url}/ping`, { headers: { "x-request-id": hostile } });
    const echoed = response.headers.get("x-request-id") === hostile;
    return finding(!echoed, echoed ? "echoed as it came" : "replaced");
  }),
  event("100 requests at once that take 60 ms of processor time each", async ({ url }) => {
    const start = performance.now();
    let worst = 0;
    const ask = async (): Promise<string> => {
      const status = await statusOf(`${url}/burn/60`);
      if (status === "200") worst = Math.max(worst, performance.now() - start);
      return status;
    };
    const statuses = await Promise.all(Array.from({ length: 100 }, ask));
    const served = statuses.filter((status) => status === "200").length;
    const refused = statuses.filter((status) => status === "503").length;
    const seconds = (worst / 1000).toFixed(1);
    const right = served + refused === 100 && (refused > 0 || worst < 3000);
    return finding(right, `${served} served, ${refused} refused with 503, the slowest answer after ${seconds} s`);
  }),
  event("A path of 6000 characters", async ({ url, output }) => {
    const status = await statusOf(`${url}/${"a".repeat(6000)}`);
    await logged(output, /a{100}/);
    await wait(100);
    const longest = Math.max(
      ...output()
        .split("\n")
        .filter((line) => line.includes("a".repeat(100)))
        .map((line) => line.length),
    );
    return finding(status === "404" && longest < 4096, `${status}, a log line of ${longest} characters`);
  }),
];
