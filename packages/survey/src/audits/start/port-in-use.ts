import { createServer } from "node:net";
import { type Audit, fail, pass } from "../../audit.ts";
import { until } from "../../internal/until.ts";

/** Starts the service while another program listens on its port. */
export const portInUse: Audit = {
  id: "start/port-in-use",
  severity: "major",
  title: "The service ends with a clear line if its port is in use",
  why: "A process that lives on without its port looks healthy to a supervisor, and answers no request.",
  does: "Listens on the port of the service, and starts the service.",
  passes: "The process ends with an exit code other than 0, and its output names the port or EADDRINUSE.",
  mend: {
    seaworthy: "A server of createLifecycle() that cannot listen fails the start, which ends the process.",
    otherwise: "Handle the error event of the server: log it and end the process with code 1.",
  },
  link: "https://nodejs.org/api/net.html#serverlisten",
  needsProcess: true,
  async run({ target, options, evidence }) {
    const { origin, process: running } = await target.fresh();
    const port = Number(origin.port);
    await target.stop();
    await until(() => !running.hasSurvivors, 2000);
    // Both families, because some services listen on :: and others on 0.0.0.0.
    const servers = await Promise.all(["0.0.0.0", "::"].map((host) => occupy(host, port)));
    try {
      const { process } = await target.start({ env: { PORT: String(port) } });
      await until(() => process.exit !== undefined, options.thresholds.start);
      const output = process.lines.map(({ text }) => text);
      evidence.log(output.slice(0, 15));
      const { exit } = process;
      await target.stop();
      if (exit === undefined) return fail(`The process was still there after ${options.thresholds.start} ms.`);
      if (exit.code === 0) return fail("The process ended with exit code 0.");
      const isNamed = output.some(
        (line) => line.includes(String(port)) || /EADDRINUSE|address already in use/i.test(line),
      );
      return isNamed ? pass("The process ended and named the port.") : fail("The output does not name the port.");
    } finally {
      for (const close of servers) close();
    }
  },
};

function occupy(host: string, port: number): Promise<() => void> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", () => resolve(() => undefined));
    server.listen({ port, host, ipv6Only: host === "::" }, () => resolve(() => void server.close()));
  });
}
