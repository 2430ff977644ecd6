import { connect } from "node:net";
import { listeningPorts } from "./proc.ts";
import type { OutputLine } from "./process.ts";

/** What is known about where a service may listen. */
export interface PortHints {
  /** The port that was passed to the service in the variable PORT. */
  readonly assigned: number;
  readonly group: number;
  readonly lines: readonly OutputLine[];
}

const IN_OUTPUT = /(?:https?:\/\/[^\s/:]+|\bport[ :=]+|"port":\s?)(?::)?(\d{2,5})\b/i;

/** The port on which the service listens now, or `undefined`. The port in PORT comes before one in its output. */
export async function findPort({ assigned, group, lines }: PortHints): Promise<number | undefined> {
  if (await isOpen(assigned)) return assigned;
  const listening = listeningPorts(group);
  const named = lines.map(({ text }) => Number(text.match(IN_OUTPUT)?.[1])).filter((port) => port > 0 && port < 65_536);
  for (const port of named)
    if (listening.includes(port) || (listening.length === 0 && (await isOpen(port)))) return port;
  return listening[0];
}

/** Whether something accepts connections on this port of the loopback interface. */
export function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const end = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(1000, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
