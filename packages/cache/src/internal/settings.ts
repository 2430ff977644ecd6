import { type Clock, type Duration, toBytes, toMilliseconds } from "@seaworthy/core";
import {
  boundedString,
  checkOptions,
  clockOption,
  finiteNumber,
  flag,
  integer,
  optionalFunction,
  positiveDuration,
  requiredFunction,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import type { KeepOptions } from "../cache.ts";
import { type Codec, jsonCodec } from "../codec.ts";
import type { CacheOptions, LoadTimeouts, MemoryOptions } from "../options.ts";
import type { Lifetime } from "./entry.ts";
import type { MemoryBounds } from "./memory-tier.ts";

/** The settings of a cache, in milliseconds and bytes. */
export interface Settings extends Lifetime {
  readonly name: string;
  readonly negativeTtl: number;
  readonly softTimeout: number | undefined;
  readonly hardTimeout: number;
  readonly earlyRefresh: number;
  readonly jitter: number;
  readonly memory: MemoryBounds | undefined;
  readonly codec: Codec;
  readonly version: string;
  readonly clone: boolean;
  readonly freeze: boolean;
  readonly clock: Clock;
  readonly random: () => number;
}

const OPTIONS = [
  ...["name", "ttl", "staleFor", "staleIfError", "negativeTtl", "loadTimeout", "earlyRefresh", "jitter", "memory"],
  ...["remote", "codec", "version", "clone", "freeze", "clock", "random"],
];
const MEMORY_OPTIONS = ["entries", "bytes"];
const TIMEOUT_OPTIONS = ["soft", "hard"];
const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const LONGEST = 365 * 24 * 3_600_000;

/**
 * Reads the options of a cache.
 *
 * @throws TypeError if one is unknown or out of bounds
 */
export function settingsOf(options: CacheOptions): Settings {
  checkOptions("createCache", options, OPTIONS);
  if (typeof options.name !== "string" || !NAME.test(options.name))
    throw new TypeError(
      `name must be 1 to 64 letters, digits, dots, hyphens or underscores; got ${showValue(options.name)}`,
    );
  if (options.ttl === undefined) throw new TypeError("ttl must be a duration; got undefined");
  const clone = flag("clone", withDefault(options.clone, false));
  const random = optionalFunction("random", options.random) ?? Math.random;
  return {
    name: options.name,
    ...lifetimeOf(options, { ttl: 1, staleFor: 0, staleIfError: 0 }),
    negativeTtl: lasting("negativeTtl", withDefault<Duration | undefined, Duration>(options.negativeTtl, 0)),
    ...timeoutsOf(options.loadTimeout),
    earlyRefresh: finiteNumber("earlyRefresh", withDefault(options.earlyRefresh, 1), 0, 100),
    jitter: finiteNumber("jitter", withDefault(options.jitter, 0.1), 0, 0.5),
    memory: memoryOf(options.memory),
    codec: codecOf(withDefault(options.codec, jsonCodec)),
    version: wellFormed("version", boundedString("version", withDefault(options.version, "1"), 1, 64)),
    clone,
    freeze: flag("freeze", withDefault(options.freeze, !clone && process.env.NODE_ENV !== "production")),
    clock: clockOption("clock", options.clock),
    random,
  };
}

/**
 * How long a value is kept.
 *
 * @throws TypeError if a duration is out of bounds
 */
export function lifetimeOf(options: KeepOptions, defaults: Lifetime): Lifetime {
  const { ttl, staleFor, staleIfError } = options;
  return {
    ttl: ttl === undefined ? defaults.ttl : atMost("ttl", positiveDuration("ttl", ttl)),
    staleFor: staleFor === undefined ? defaults.staleFor : lasting("staleFor", staleFor),
    staleIfError: staleIfError === undefined ? defaults.staleIfError : lasting("staleIfError", staleIfError),
  };
}

/** A duration of 0 or more that is not too long. */
export const lasting = (name: string, value: Duration): number => atMost(name, toMilliseconds(value, name));

function atMost(name: string, milliseconds: number): number {
  if (milliseconds > LONGEST) throw new TypeError(`${name} must be at most 365 days; got ${milliseconds} ms`);
  return milliseconds;
}

function timeoutsOf(option: CacheOptions["loadTimeout"]): Pick<Settings, "softTimeout" | "hardTimeout"> {
  const isPlain = typeof option === "string" || typeof option === "number" || option === undefined;
  const given: LoadTimeouts = isPlain ? { hard: withDefault<Duration | undefined, Duration>(option, "30s") } : option;
  checkOptions("loadTimeout", given, TIMEOUT_OPTIONS);
  const { soft, hard = "30s" } = given;
  const hardTimeout = positiveDuration("loadTimeout.hard", hard);
  const softTimeout = soft === undefined ? undefined : toMilliseconds(soft, "loadTimeout.soft");
  if (softTimeout !== undefined && softTimeout > hardTimeout)
    throw new TypeError(`loadTimeout.soft must not be longer than loadTimeout.hard; got ${showValue(soft)}`);
  return { softTimeout, hardTimeout };
}

function memoryOf(option: CacheOptions["memory"]): MemoryBounds | undefined {
  if (option === false) return undefined;
  const given: MemoryOptions = withDefault(option, {});
  checkOptions("memory", given, MEMORY_OPTIONS);
  const bytes = toBytes(withDefault(given.bytes, "64mib"), "memory.bytes");
  if (bytes < 1) throw new TypeError(`memory.bytes must be at least 1; got ${showValue(given.bytes)}`);
  return { entries: integer("memory.entries", withDefault(given.entries, 10_000), 1, 10_000_000), bytes };
}

function codecOf(codec: Codec): Codec {
  if (typeof codec !== "object" || codec === null)
    throw new TypeError(`codec must have id, encode() and decode(); got ${showValue(codec)}`);
  wellFormed("codec.id", boundedString("codec.id", codec.id, 1, 64));
  requiredFunction("codec.encode", codec.encode);
  requiredFunction("codec.decode", codec.decode);
  return codec;
}

function wellFormed(name: string, text: string): string {
  if (!text.isWellFormed()) throw new TypeError(`${name} must not have lone surrogates; got ${showValue(text)}`);
  return text;
}
