import { defineEvent, type TelemetryEvent } from "@seaworthy/core";

/** `validate` refused an input. */
export const rejectedEvent: TelemetryEvent<"vendor"> = defineEvent("validators.rejected", {
  help: "An input was refused by its schema.",
  labels: ["vendor"],
  level: "debug",
});

/** A guarded lookup, agent or connector refused an address. This is usually an attempt at server-side request forgery. */
export const addressRefusedEvent: TelemetryEvent<"range"> = defineEvent("validators.address_refused", {
  help: "A connection to an address that is not public was refused.",
  labels: ["range"],
  level: "warn",
});
