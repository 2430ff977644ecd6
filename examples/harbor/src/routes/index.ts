import type { HarborConfig } from "../config.ts";
import type { Stores } from "../store/stores.ts";
import type { Classifier } from "../upstream/classifier.ts";
import { auditRoutes } from "./audit.ts";
import { embeddingRoutes } from "./embeddings.ts";
import type { Mount } from "./mount.ts";
import { taskRoutes } from "./tasks.ts";

const PATHS = [
  "/tasks",
  "/embeddings",
  "/embeddings/search",
  "/admin/audit",
  "/livez",
  "/readyz",
  "/healthz",
  "/metrics",
];

/** Everything that this service answers, besides what the edge answers for it. */
export function routes(
  mount: Mount,
  config: Pick<HarborConfig, "embeddings">,
  classifier: Classifier,
  { tasks, embeddings, audit }: Stores,
): void {
  mount("get", "/", {}, () => ({ name: "harbor", routes: PATHS }));
  taskRoutes(mount, classifier, tasks);
  embeddingRoutes(mount, config.embeddings.dimensions, embeddings);
  auditRoutes(mount, audit);
}
