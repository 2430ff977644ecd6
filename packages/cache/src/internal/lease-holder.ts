import type { Clock } from "@seaworthy/core";
import { startTimer } from "@seaworthy/core";
import type { RemoteLink } from "./remote-link.ts";

/** Renews the lease of a load until it is over. Returns a function that ends this. */
export function renewLease(link: RemoteLink, clock: Clock, lease: { key: string; token: string }): () => void {
  const { ttl } = link.settings.lease;
  let cancel: (() => void) | undefined;
  let isOver = false;
  const renew = async (): Promise<void> => {
    const held = await link.guard.run("renew", (store) => store.renew(lease.key, lease.token, ttl));
    // A lease that was lost cannot come back; the value will not be written.
    if (held !== false && !isOver) arm();
  };
  const arm = (): void => {
    cancel = startTimer(clock, ttl / 3, () => void renew());
  };
  arm();
  return () => {
    isOver = true;
    cancel?.();
  };
}
