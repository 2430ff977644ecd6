import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** A listener of the `upgrade` event of a server of node:http. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => unknown;

/** Options of `guard`. */
export interface GuardOptions {
  /**
   * Takes over handshakes that were let in, such as `(request, socket, head) => wss.handleUpgrade(request, socket, head, …)`.
   * It runs in the context of the request. @default upgrades pass the edge untouched
   */
  onUpgrade?: UpgradeListener;
}
