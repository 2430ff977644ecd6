import type { EdgeOptions } from "@seaworthy/http";
import { edge } from "@seaworthy/http/express";
import express, { type Express } from "express";
import type { HarborConfig } from "./config.ts";
import { routes } from "./routes/index.ts";
import type { Classifier } from "./upstream/classifier.ts";

/** What the application needs, made elsewhere. */
export interface Parts {
  config: Pick<HarborConfig, "http" | "embeddings">;
  classifier: Classifier;
  /** Health, metrics and lifecycle, which the edge puts on the wire. */
  edge: EdgeOptions;
}

/** The HTTP application: the edge around the routes. */
export function createApp({ config, classifier, edge: parts }: Parts): Express {
  const { requestTimeout: deadline, bodyLimit } = config.http;
  const front = edge({ ...parts, deadline, bodyLimit, shed: true });
  const app = express();
  app.use(front.middleware);
  routes((method, path, schemas, handler) => void app[method](path, front.route(schemas, handler)), config, classifier);
  app.use(front.notFound, front.errorHandler);
  return app;
}
