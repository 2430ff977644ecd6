import type { Cache } from "./cache.ts";
import { CoarseTime } from "./internal/coarse-time.ts";
import { Counts } from "./internal/counts.ts";
import { Frames } from "./internal/frame.ts";
import { KeyRing } from "./internal/key-ring.ts";
import { LayeredCache } from "./internal/layered-cache.ts";
import type { LinkOwner } from "./internal/link-parts.ts";
import { Marks } from "./internal/marks.ts";
import { MemoryTier } from "./internal/memory-tier.ts";
import { RemoteLink } from "./internal/remote-link.ts";
import { type Settings, settingsOf } from "./internal/settings.ts";
import { trackCache } from "./internal/track-cache.ts";
import type { CacheOptions } from "./options.ts";

/**
 * Makes a cache. It begins with an empty memory, and connects with the remote tier in the background.
 *
 * @throws TypeError if an option is missing, unknown or out of bounds
 * @example
 * ```ts
 * import { createCache } from "@seaworthy/cache";
 * await using users = createCache<{ name: string }>({ name: "users", ttl: "5m" });
 * const load = async () => ({ name: "Ada" });
 * const [one, two] = await Promise.all([users.getOrLoad("u-1", load), users.getOrLoad("u-1", load)]);
 * console.log(one === two, users.stats().load.loads); // true 1
 * ```
 */
export function createCache<T = unknown>(options: CacheOptions): Cache<T> {
  const settings = settingsOf(options);
  const time = new CoarseTime(settings.clock);
  const marks = new Marks();
  const memory = new MemoryTier(settings.memory);
  let cache: LayeredCache<T> | undefined;
  const owner: LinkOwner = {
    forget: (keys) => cache?.forget(keys),
    drop: () => cache?.drop(),
    heard: (kind) => cache?.heard(kind),
  };
  const { clock, name } = settings;
  const link =
    options.remote === undefined
      ? undefined
      : new RemoteLink({ tier: options.remote, name, clock, time, marks, owner });
  const frames = link === undefined ? undefined : framesOf(settings, link);
  cache = new LayeredCache<T>({ settings, time, marks, counts: new Counts(), memory, link, frames });
  trackCache(cache, memory);
  return cache;
}

function framesOf({ codec, version, clock }: Settings, { settings }: RemoteLink): Frames {
  const keys = settings.encryption === undefined ? undefined : new KeyRing(settings.encryption, clock);
  return new Frames({ codec, version, compressAbove: settings.compressAbove, keys });
}
