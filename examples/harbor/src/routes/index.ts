import type { HarborConfig } from "../config.ts";
import type { OpenRecords } from "../store/records.ts";
import type { Classifier } from "../upstream/classifier.ts";
import { embeddingRoutes, MOST_EMBEDDINGS } from "./embeddings.ts";
import type { Mount } from "./mount.ts";
import { MOST_TASKS, taskRoutes } from "./tasks.ts";

const PATHS = ["/tasks", "/embeddings", "/embeddings/search", "/livez", "/readyz", "/healthz", "/metrics"];

/** Everything that this service answers, besides what the edge answers for it. */
export function routes(
  mount: Mount,
  config: Pick<HarborConfig, "embeddings">,
  classifier: Classifier,
  openRecords: OpenRecords,
): void {
  mount("get", "/", {}, () => ({ name: "harbor", routes: PATHS }));
  taskRoutes(mount, classifier, openRecords("tasks", MOST_TASKS));
  embeddingRoutes(mount, config.embeddings.dimensions, openRecords("embeddings", MOST_EMBEDDINGS));
}
