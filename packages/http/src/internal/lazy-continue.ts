import { IncomingMessage, type Server, type ServerResponse } from "node:http";

/** Requests whose client waits for `100 Continue` and has not got it yet. */
const waiting = new WeakSet<IncomingMessage>();

/** Whether a client still waits before it sends its body, so that the body will not come. */
export const isWaiting = (request: IncomingMessage): boolean => waiting.has(request);

/**
 * Sends `100 Continue` when the body of a request is first read, instead of at once as Node does. A client whose request
 * is refused by its headers, because its body is too large for example, then never sends the body.
 */
export function continueLazily(server: Server): void {
  if (server.listenerCount("checkContinue") > 0) return; // the application decides by itself
  server.on("checkContinue", (request: object, response: ServerResponse) => {
    if (request instanceof IncomingMessage) invite(request, response);
    else response.writeContinue(); // over HTTP/2 a refused stream ends by itself
    server.emit("request", request, response);
  });
}

function invite(request: IncomingMessage, response: ServerResponse): void {
  waiting.add(request);
  request._read = (size) => {
    request._read = IncomingMessage.prototype._read;
    if (waiting.delete(request) && !response.headersSent) response.writeContinue();
    request._read(size);
  };
}
