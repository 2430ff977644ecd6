import type { HarborConfig } from "../config.ts";
import type { Identity } from "../identity/identity.ts";
import type { Stores } from "../store/stores.ts";
import type { Classifier } from "../upstream/classifier.ts";
import { accountRoutes } from "./accounts.ts";
import { auditRoutes } from "./audit.ts";
import { authRoutes } from "./auth.ts";
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
  { auth, first }: Identity,
): void {
  mount("get", "/", {}, () => ({ name: "harbor", routes: PATHS }));
  taskRoutes(mount, classifier, tasks);
  embeddingRoutes(mount, config.embeddings.dimensions, embeddings);
  authRoutes(mount, auth, first);
  accountRoutes(mount, auth);
  auditRoutes(mount, audit);
}
