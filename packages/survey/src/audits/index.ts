import type { Audit } from "../audit.ts";
import { connectionsBounded } from "./dependencies/connections-bounded.ts";
import { cutAnswer } from "./dependencies/cut-answer.ts";
import { hangingUpstream } from "./dependencies/hanging-upstream.ts";
import { recoveringUpstream } from "./dependencies/recovering-upstream.ts";
import { retriesBounded } from "./dependencies/retries-bounded.ts";
import { cors } from "./errors/cors.ts";
import { exposedFiles } from "./errors/exposed-files.ts";
import { forcedError } from "./errors/forced-error.ts";
import { malformedInput } from "./errors/malformed-input.ts";
import { methods } from "./errors/methods.ts";
import { noBanner } from "./errors/no-banner.ts";
import { securityHeaders } from "./errors/security-headers.ts";
import { unknownRoute } from "./errors/unknown-route.ts";
import { answersQuickly } from "./health/answers-quickly.ts";
import { deadDependency } from "./health/dead-dependency.ts";
import { hungDependency } from "./health/hung-dependency.ts";
import { privateBody } from "./health/private-body.ts";
import { probeStorm } from "./health/probe-storm.ts";
import { recovers } from "./health/recovers.ts";
import { logVolume } from "./observability/log-volume.ts";
import { metricsCardinality } from "./observability/metrics-cardinality.ts";
import { metricsCount } from "./observability/metrics-count.ts";
import { metricsParse } from "./observability/metrics-parse.ts";
import { noCanary } from "./observability/no-canary.ts";
import { requestId } from "./observability/request-id.ts";
import { responsiveUnderLoad } from "./observability/responsive-under-load.ts";
import { structuredLogs } from "./observability/structured-logs.ts";
import { traceparent } from "./observability/traceparent.ts";
import { unhandledRejection } from "./observability/unhandled-rejection.ts";
import { bodyLimit } from "./protection/body-limit.ts";
import { burstLimit } from "./protection/burst.ts";
import { decompressionBomb } from "./protection/decompression-bomb.ts";
import { hostileJson } from "./protection/hostile-json.ts";
import { hugeHeaders } from "./protection/huge-headers.ts";
import { idleConnections } from "./protection/idle-connections.ts";
import { loginLockout } from "./protection/login-lockout.ts";
import { memoryFlat } from "./protection/memory-flat.ts";
import { slowClients } from "./protection/slow-clients.ts";
import { smuggling } from "./protection/smuggling.ts";
import { exitsCleanly } from "./shutdown/exits-cleanly.ts";
import { inFlight } from "./shutdown/in-flight.ts";
import { keepAlive } from "./shutdown/keep-alive.ts";
import { leavesNothing } from "./shutdown/leaves-nothing.ts";
import { noLossQuickBalancer, noLossSlowBalancer } from "./shutdown/no-loss.ts";
import { readinessFirst } from "./shutdown/readiness-first.ts";
import { secondSignal } from "./shutdown/second-signal.ts";
import { sigint } from "./shutdown/sigint.ts";
import { stuckRequestEnds } from "./shutdown/stuck-request.ts";
import { afterKill } from "./start/after-kill.ts";
import { allMissingAtOnce } from "./start/all-missing-at-once.ts";
import { mistypedVariable } from "./start/mistyped-variable.ts";
import { noSecretInOutput } from "./start/no-secret-in-output.ts";
import { portInUse } from "./start/port-in-use.ts";
import { productionHidesStacks } from "./start/production-hides-stacks.ts";
import { readyInTime } from "./start/ready-in-time.ts";
import { refusesMissingSecret } from "./start/refuses-missing-secret.ts";

/** All audits, in the order in which they run. */
export const AUDITS: readonly Audit[] = [
  ...[
    readyInTime,
    refusesMissingSecret,
    allMissingAtOnce,
    mistypedVariable,
    portInUse,
    productionHidesStacks,
    afterKill,
    noSecretInOutput,
  ],
  ...[answersQuickly, deadDependency, recovers, hungDependency, privateBody, probeStorm],
  ...[
    exitsCleanly,
    sigint,
    inFlight,
    noLossQuickBalancer,
    noLossSlowBalancer,
    readinessFirst,
    keepAlive,
    stuckRequestEnds,
    secondSignal,
    leavesNothing,
  ],
  ...[
    bodyLimit,
    slowClients,
    hostileJson,
    hugeHeaders,
    smuggling,
    decompressionBomb,
    idleConnections,
    memoryFlat,
    burstLimit,
    loginLockout,
  ],
  ...[malformedInput, unknownRoute, forcedError, securityHeaders, cors, noBanner, methods, exposedFiles],
  ...[
    structuredLogs,
    requestId,
    traceparent,
    noCanary,
    metricsParse,
    metricsCount,
    metricsCardinality,
    logVolume,
    responsiveUnderLoad,
    unhandledRejection,
  ],
  ...[hangingUpstream, retriesBounded, cutAnswer, recoveringUpstream, connectionsBounded],
];
