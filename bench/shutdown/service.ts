// One contestant per process: node service.ts <contestant>. All of them serve the same handler on bare node:http.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createTerminus } from "@godaddy/terminus";
import type { Duration } from "@seaworthy/core";
import { createLifecycle } from "@seaworthy/lifecycle";
import closeWithGrace from "close-with-grace";
import { createHttpTerminator } from "http-terminator";
import { createLightship } from "lightship";

const server = createServer((request, response) => {
  const time = Number(new URL(request.url ?? "/", "http://service").searchParams.get("wait"));
  if (time === 0) response.end("done");
  else setTimeout(() => response.end("done"), time);
});
const listen = (): Promise<void> => new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const closed = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

async function seaworthy(drainDelay: Duration): Promise<void> {
  const life = createLifecycle({ drainDelay });
  life.serve(server, { host: "127.0.0.1", port: 0 });
  await life.start();
}

/** Each as its own manual shows it, with its own defaults. */
const contestants: Record<string, (server: Server) => Promise<void> | void> = {
  seaworthy: () => seaworthy("1s"),
  "seaworthy, default delay": () => seaworthy("5s"),
  terminus(server) {
    createTerminus(server, { signal: "SIGTERM", healthChecks: { "/readyz": async () => ({}) } });
    return listen();
  },
  async lightship() {
    const lightship = await createLightship({ port: 0 });
    lightship.registerShutdownHandler(closed);
    await listen();
    lightship.signalReady();
  },
  async "lightship in Kubernetes"() {
    // What it does there, where it finds the cluster's environment: its delay of five seconds applies.
    const lightship = await createLightship({ port: 0, detectKubernetes: false });
    lightship.registerShutdownHandler(closed);
    await listen();
    lightship.signalReady();
  },
  "http-terminator"(server) {
    const terminator = createHttpTerminator({ server });
    process.once("SIGTERM", () => void terminator.terminate());
    return listen();
  },
  "close-with-grace"() {
    closeWithGrace(closed);
    return listen();
  },
  "server.close()"(server) {
    process.once("SIGTERM", () => server.close());
    return listen();
  },
};

const name = process.argv[2] ?? "";
await contestants[name]?.(server);
console.log(`port ${(server.address() as AddressInfo).port}`);
