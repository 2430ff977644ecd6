import type { EdgeOptions, Priority } from "@seaworthy/http";
import { edge } from "@seaworthy/http/express";
import express, { type Express } from "express";
import type { HarborConfig } from "./config.ts";
import type { Identity } from "./identity/identity.ts";
import { routes } from "./routes/index.ts";
import type { Mount } from "./routes/mount.ts";
import type { Stores } from "./store/stores.ts";
import type { Classifier } from "./upstream/classifier.ts";

/** The parts of the application, which are created elsewhere. */
export interface Parts {
  config: Pick<HarborConfig, "http" | "embeddings">;
  classifier: Classifier;
  stores: Stores;
  identity: Identity;
  /** Health, metrics and lifecycle, which the edge serves over HTTP, and who may do what. */
  edge: EdgeOptions;
}

/** What is refused last and first under overload. The first path that matches decides, and other requests are normal. */
const PRIORITY: Readonly<Record<string, Priority>> = {
  "POST /tasks": "critical",
  "GET /tasks/": "normal", // one task; the path without the slash is the list
  "GET /tasks": "background",
};

/** The HTTP application: the edge around the routes. */
export function createApp({ config, classifier, stores, identity, edge: parts }: Parts): Express {
  const { requestTimeout: deadline, bodyLimit } = config.http;
  const front = edge({ ...parts, audit: stores.audit, deadline, bodyLimit, shed: { priority: PRIORITY } });
  const app = express();
  app.use(front.middleware);
  const mount: Mount = (method, path, schemas, handler) => void app[method](path, front.route(schemas, handler));
  routes(mount, config, classifier, stores, identity);
  app.use(front.notFound, front.errorHandler);
  return app;
}
