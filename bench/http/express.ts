import { createServer, type Server } from "node:http";
import { edge } from "@seaworthy/http/express";
import cors from "cors";
import express from "express";
import helmet from "helmet";
import { pinoHttp } from "pino-http";
import { ORIGINS, order, ours, usualHistogram, usualLimit } from "./duties.ts";

export function expressServer(stack: string): Server {
  const app = express();
  const front = stack === "ours" ? edge(ours()) : undefined;
  if (front !== undefined) app.use(front.middleware);
  if (stack === "usual") {
    const histogram = usualHistogram();
    app.use(pinoHttp());
    app.use((request, response, next) => {
      const end = histogram.startTimer();
      response.once("finish", () =>
        end({ method: request.method, route: request.route?.path ?? "unmatched", status: response.statusCode }),
      );
      next();
    });
    app.use(helmet(), cors({ origin: ORIGINS }), usualLimit());
  }
  app.get("/orders/:id", (request, response) => void response.json(order(request.params.id)));
  if (front !== undefined) app.use(front.notFound, front.errorHandler);
  return createServer(app);
}
