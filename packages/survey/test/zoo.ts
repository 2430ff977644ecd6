import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SurveyOptions } from "../src/index.ts";
import type { ZooDependencies } from "./zoo/dependencies.ts";

const SERVICE = join(import.meta.dirname, "zoo/service.mjs");

/** How a service of the zoo is surveyed. */
export function zooOptions({ DATABASE_URL, UPSTREAM_URL }: ZooDependencies, flaw = "", drain = 600): SurveyOptions {
  const folder = mkdtempSync(join(tmpdir(), "zoo-"));
  return {
    command: [process.execPath, SERVICE],
    env: {
      SESSION_SECRET: "a-session-secret-of-32-characters",
      API_TOKEN: "an-api-token-of-32-characters-ok",
      FLAW: flaw,
      DRAIN: String(drain),
      PID_FILE: join(folder, "pid"),
    },
    dependencies: { DATABASE_URL, UPSTREAM_URL },
    routes: [{ path: "/" }, { path: "/relay" }, { method: "POST", path: "/items", body: { text: "x" } }],
    slowRoute: { path: "/slow" },
    errorRoute: { path: "/boom" },
    rejectionRoute: { path: "/reject" },
    login: { path: "/login", body: { email: "a@example.com", password: "{password}" }, password: "right-password" },
    thresholds: { slowClient: "5s", exit: "10s", stuck: "10s", recovery: "5s", upstream: "3s", lag: "2s" },
  };
}
