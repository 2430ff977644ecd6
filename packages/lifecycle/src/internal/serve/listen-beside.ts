import type { EventEmitter } from "node:events";

/**
 * Adds `listener` in front of the listeners of `event` while there are others, and removes it with the last of them. It must
 * never be the only one: a server without a listener for `upgrade` answers upgrade requests as plain ones, and an HTTP/2
 * server with one for `request` switches to the compatibility API.
 */
export function listenBeside(server: EventEmitter, event: string, listener: Parameters<EventEmitter["on"]>[1]): void {
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
