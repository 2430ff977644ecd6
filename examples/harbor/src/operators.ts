import type { Auth } from "@seaworthy/auth";
import type { EdgeOptions, LoggerPort } from "@seaworthy/http";
import { access } from "./identity/roles.ts";

/** Who makes a request, what the roles of that account allow, and the endpoints for operators: log level and live log. */
export function guards(auth: Auth, logger: LoggerPort): Pick<EdgeOptions, "authenticate" | "can" | "operations"> {
  return {
    authenticate: auth.bearer(),
    can: access.permits,
    operations: { authorize: ({ principal }) => access.permits(principal, "operations:use"), logger },
  };
}
