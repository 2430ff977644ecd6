import type { HarborConfig } from "../config.ts";
import type { Classifier } from "../upstream/classifier.ts";
import { embeddingRoutes } from "./embeddings.ts";
import type { Mount } from "./mount.ts";
import { taskRoutes } from "./tasks.ts";

const PATHS = ["/tasks", "/embeddings", "/embeddings/search", "/livez", "/readyz", "/healthz", "/metrics"];

/** Everything that this service answers, besides what the edge answers for it. */
export function routes(mount: Mount, config: Pick<HarborConfig, "embeddings">, classifier: Classifier): void {
  mount("get", "/", {}, () => ({ name: "harbor", routes: PATHS }));
  taskRoutes(mount, classifier);
  embeddingRoutes(mount, config.embeddings.dimensions);
}
