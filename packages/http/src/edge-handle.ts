import type { Server } from "node:http";
import type { GuardOptions } from "./guard-server.ts";

/** What every adapter's edge has besides its middleware. */
export interface EdgeHandle extends AsyncDisposable {
  /**
   * Resolves to the port of the operations listener once it listens, or to `undefined` if there is none.
   *
   * Rejects if the port cannot be had. Await it before the service takes traffic; a rejection that is not handled ends
   * the process, because a service without probes would be restarted later, under load.
   */
  listening(): Promise<number | undefined>;
  /**
   * Completes a server that the edge serves: requests that Node's parser refuses are answered as problems with an event,
   * and WebSocket handshakes that reach `onUpgrade` have passed origin, limits and authentication.
   */
  guard<S extends Server>(server: S, options?: GuardOptions): S;
  /** Closes the operations listener, if there is one. The process would end without it too. */
  close(): Promise<void>;
}
