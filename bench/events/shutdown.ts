import { createServer } from "node:http";
import { type Event, event, finding, statusOf } from "./event.ts";
import { environmentOf, freePort, launch, startBackend, until, wait, within } from "./rig.ts";

/** Ends of the process: wanted and unwanted. */
export const shutdownEvents: Event[] = [
  event("SIGTERM while 20 clients keep sending", async ({ url, child, ended }) => {
    let lost = 0;
    let stop = false;
    const clients = Array.from({ length: 20 }, async () => {
      while (!stop) {
        const status = await statusOf(`${url}/ping`);
        if (status !== "200" && !stop) lost++;
      }
    });
    await wait(300);
    child.kill("SIGTERM");
    await wait(500); // A load balancer needs about this long to send clients elsewhere.
    stop = true;
    await Promise.all(clients);
    const code = await within(ended, 20_000);
    // Some libraries end the process with the same signal, which supervisors read as a clean end too.
    return finding(lost === 0 && (code === 0 || code === "SIGTERM"), `${lost} lost, exit ${code}`);
  }),
  event("SIGTERM while a request takes 2.5 s", async ({ url, child }) => {
    const slow = statusOf(`${url}/slow/2500`);
    await wait(300);
    child.kill("SIGTERM");
    const status = await slow;
    return finding(status === "200", status === "200" ? "answered" : status);
  }),
  event("A second signal while a request hangs", async ({ url, child, ended }) => {
    void statusOf(`${url}/slow/600000`);
    await wait(300);
    child.kill("SIGTERM");
    await wait(300);
    child.kill("SIGTERM");
    const end = await within(ended, 6000);
    return finding(end !== "late", end === "late" ? "still alive after 6 s" : `ended (${end})`);
  }),
  event("An exception that nothing catches, with a request in flight", async ({ url, output, ended }) => {
    const slow = statusOf(`${url}/slow/400`);
    await wait(100);
    void statusOf(`${url}/crash`);
    const status = await slow;
    const end = await within(ended, 20_000);
    const logged = /TypeError/.test(output());
    return finding(
      end === 1 && logged && status === "200",
      `request ${status}, ${logged ? "logged" : "silent"}, exit ${end}`,
    );
  }),
  event("A rejection that nothing handles", async ({ url, output, ended }) => {
    void statusOf(`${url}/reject`);
    const end = await within(ended, 20_000);
    const logged = /nobody handles this/.test(output());
    return finding(end === 1 && logged, `${logged ? "logged" : "silent"}, exit ${end}`);
  }),
  event("The reader of the log goes away", async ({ url, child }) => {
    child.stdout?.destroy();
    for (let i = 0; i < 50; i++) await statusOf(`${url}/ping`);
    const status = await statusOf(`${url}/ping`);
    return finding(status === "200", status === "200" ? "survives" : status);
  }),
  {
    title: "The port is in use",
    async run(file) {
      const port = await freePort();
      const server = createServer().listen(port, "127.0.0.1");
      const { child, ended, output } = launch(file, environmentOf(port, "http://127.0.0.1:9", "http://127.0.0.1:9"));
      const end = await within(ended, 15_000);
      child.kill("SIGKILL");
      server.close();
      return finding(end === 1 && /EADDRINUSE|in use/.test(output()), `exit ${end}`);
    },
  },
  {
    title: "SIGTERM during the start",
    async run(file) {
      const [backend, port] = [await startBackend(), await freePort()];
      const { child, ended } = launch(file, environmentOf(port, backend.url, backend.url));
      await wait(100);
      child.kill("SIGTERM");
      const end = await within(ended, 10_000);
      child.kill("SIGKILL");
      backend.close();
      return finding(end !== "late", end === "late" ? "still alive after 10 s" : `ended (${end})`);
    },
  },
  {
    title: "Four settings are wrong",
    async run(file) {
      const environment = { PORT: "80a", API_KEY: "", UPSTREAM_URL: "not a url", DATABASE_URL: "" };
      const { child, ended, output } = launch(file, environment);
      const end = await within(ended, 15_000);
      child.kill("SIGKILL");
      const named = Object.keys(environment).filter((name) => output().includes(name));
      const right = end === 1 && named.length === 4;
      return finding(right, `exit ${end}, ${named.length} of 4 named`);
    },
  },
];

/** Waits until the service has logged what the pattern finds. */
export const logged = (output: () => string, pattern: RegExp): Promise<boolean | undefined> =>
  until(
    () => pattern.test(output()),
    (found) => found,
  );
