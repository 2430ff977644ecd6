import type { EventEmitter } from "node:events";

/**
 * Adds `own` in front of the listeners of `event` while there are others, now or later, and only then: a server that
 * has no listener for `upgrade` answers upgrade requests as plain ones, and an HTTP/2 server with one for `request`
 * takes the compatibility API into use, so that a listener which merely watches must not be the only one.
 */
export function listenBeside(server: EventEmitter, event: string, own: (...values: never[]) => void): void {
  const listener = own as (...values: unknown[]) => void;
  const others = (): number => server.listeners(event).filter((other) => other !== listener).length;
  if (others() > 0) server.prependListener(event, listener);
  server.on("newListener", (added: string | symbol, what: unknown) => {
    if (added === event && what !== listener && !server.listeners(event).includes(listener))
      server.prependListener(event, listener);
  });
  server.on("removeListener", (removed: string | symbol, what: unknown) => {
    if (removed === event && what !== listener && others() === 0) server.removeListener(event, listener);
  });
}
