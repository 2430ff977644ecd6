import { errors } from "../errors.ts";
import { addressRefusedEvent } from "../telemetry.ts";
import type { AddressGuard } from "./address-guard.ts";

/** The error for an address that must not be connected to, or undefined. */
export function refusal(guard: AddressGuard, host: string, address: string): Error | undefined {
  const range = guard.refusedRange(address);
  return range === undefined ? undefined : refuseAddress(host, address, range);
}

/** Emits the event of a refused connection and returns its error. */
export function refuseAddress(host: string, address: string, range: string): Error {
  if (addressRefusedEvent.active) addressRefusedEvent.emit({ range }, undefined, { host, address });
  return errors.VALIDATION_ADDRESS_REFUSED({ host, address, range });
}
