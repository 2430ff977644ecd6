/** Why an audit does not apply, with what would make it apply. */
export const NO_ROUTE = "No route is known that answers with 2xx. Name one in the option routes.";
export const NO_BODY_ROUTE = "No route is known that takes a body. Name one with a body in the option routes.";
export const NO_SLOW_ROUTE = "No slow route is known. Name one that takes 1 to 10 seconds in the option slowRoute.";
export const NO_PROBES = "No liveness and readiness probes are known. Name them in the option probes.";
export const NO_DEPENDENCY = "No dependency is known. Name the variables with their URLs in the option dependencies.";
export const NO_UPSTREAM =
  "No dependency is known that is reached over HTTP. Name its variable with its URL in the option dependencies.";
export const NO_METRICS = "No metrics were found. Name their path in probes.metrics.";
export const NO_PROCESS = "It needs a service that the survey starts.";
