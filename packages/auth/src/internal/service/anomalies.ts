import { withoutUndefined } from "@seaworthy/core/objects";
import { waitAtMost } from "@seaworthy/core/waiting";
import type { Anomaly, AnomalyVerdict } from "../../auth-options.ts";
import type { StoredUser } from "../../stores/store.ts";
import { anomalyEvent } from "../../telemetry.ts";
import { type KnownClient, originsOf } from "./known-client.ts";
import type { Plan } from "./plan.ts";
import { userView } from "./views.ts";

const HOOK_LIMIT = 2000;
const VERDICTS: readonly AnomalyVerdict[] = ["allow", "second-factor", "refuse"];

/** What is unusual about the client of a login. An account that was never used knows no origins, and nothing is unusual. */
export async function anomaliesOf({ store }: Plan, user: StoredUser, client: KnownClient): Promise<Anomaly["kinds"]> {
  const known = await store.origins(user.id);
  const isNew = (kind: string): boolean =>
    known.some((origin) => origin.startsWith(kind)) &&
    originsOf(client).some((origin) => origin.startsWith(kind) && !known.includes(origin));
  const kinds: Anomaly["kinds"][number][] = [];
  if (isNew("device:")) kinds.push("new-device");
  if (isNew("network:")) kinds.push("new-network");
  return kinds;
}

/** Reports what is unusual, and asks the hook of the host what has to happen. A hook that fails demands a second factor. */
export async function judge(
  { onAnomaly, clock }: Plan,
  kinds: Anomaly["kinds"],
  user: StoredUser,
  client: KnownClient,
): Promise<AnomalyVerdict> {
  if (kinds.length === 0) return "allow";
  const { address, userAgent } = client;
  for (const kind of kinds)
    anomalyEvent.emit({ kind }, undefined, withoutUndefined({ user: user.id, address, userAgent }));
  if (onAnomaly === undefined) return "allow";
  try {
    const anomaly = { kinds, user: userView(user, clock.now()), ...withoutUndefined({ address, userAgent }) };
    const hook = Promise.resolve(anomaly).then(onAnomaly);
    const verdict = await waitAtMost(hook, { limit: HOOK_LIMIT, onLimit: () => "second-factor" as const, clock });
    if (verdict === undefined) return "allow";
    return VERDICTS.find((known) => known === verdict) ?? "second-factor";
  } catch (error) {
    anomalyEvent.emit({ kind: "hook-failed" }, undefined, { user: user.id, error });
    return "second-factor";
  }
}
