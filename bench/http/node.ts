import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { edge, setRoute } from "@seaworthy/http/node";
import cors from "cors";
import helmet from "helmet";
import { pinoHttp } from "pino-http";
import { ORIGINS, order, ours, usualHistogram, usualLimit } from "./duties.ts";

type Middleware = (request: never, response: never, next: (error?: unknown) => void) => void;

function handler(request: IncomingMessage, response: ServerResponse): void {
  const id = /^\/orders\/([^/?]+)/.exec(request.url ?? "")?.[1];
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.end(JSON.stringify(order(id)));
}

export function nodeServer(stack: string): Server {
  if (stack === "bare") return createServer(handler);
  if (stack === "ours") {
    const front = edge(ours());
    return createServer(
      front.handle((request, response) => {
        setRoute(request, "/orders/:id");
        handler(request, response);
      }),
    );
  }
  const histogram = usualHistogram();
  const log = pinoHttp();
  const chain = [helmet(), cors({ origin: ORIGINS }), usualLimit()] as unknown as Middleware[];
  return createServer((request, response) => {
    const end = histogram.startTimer();
    response.once("finish", () =>
      end({ method: request.method ?? "", route: "/orders/:id", status: response.statusCode }),
    );
    log(request, response);
    const run = (i: number): void => {
      const middleware = chain[i];
      if (middleware === undefined) handler(request, response);
      else middleware(request as never, response as never, () => run(i + 1));
    };
    run(0);
  });
}
