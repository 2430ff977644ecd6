import type { Audit } from "../../audit.ts";
import { rollingStop } from "../../internal/rolling.ts";

const shared = {
  severity: "critical",
  why: "A balancer sends requests until it has seen that readiness fails. Until then, the process has to accept them.",
  passes: "Every request that was sent is answered completely, with a status below 500.",
  mend: {
    seaworthy: "createLifecycle() fails readiness first and keeps serving for its drain delay.",
    otherwise:
      "On SIGTERM, fail readiness, keep serving for longer than the balancer's interval, and close the server then.",
  },
  link: "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
  needsProcess: true,
} as const;

/** Ends the service under load, behind a balancer that notices readiness soon. */
export const noLossQuickBalancer: Audit = {
  ...shared,
  id: "shutdown/no-loss-quick-balancer",
  title: "No request is lost behind a balancer that looks at readiness four times per second",
  does: "Sends 200 requests per second and SIGTERM in the middle. The balancer leaves when readiness fails.",
  times: 2,
  run: (run) => rollingStop(run, 250),
};

/** Ends the service under load, behind a balancer that notices readiness late. */
export const noLossSlowBalancer: Audit = {
  ...shared,
  id: "shutdown/no-loss-slow-balancer",
  title: "No request is lost behind a balancer that looks at readiness every 5 seconds",
  does: "Sends 200 requests per second and SIGTERM in the middle. The balancer looks at readiness every 5 seconds.",
  run: (run) => rollingStop(run, 5000),
};
