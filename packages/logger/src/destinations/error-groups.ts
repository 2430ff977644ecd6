import { type Clock, type Duration, startTimer, systemClock } from "@seaworthy/core";
import { checkOptions, integer, positiveDuration } from "@seaworthy/core/options";
import { beforeExit } from "../internal/before-exit.ts";
import { type ErrorGroup, GroupTable } from "../internal/errors/group-table.ts";
import { LEVELS, toLevel } from "../internal/level-numbers.ts";
import { EVERY_DESTINATION, Outlet } from "../internal/outlet.ts";
import { readDestination } from "../internal/read-destination.ts";
import { createTimestamp } from "../internal/timestamp.ts";
import type { LogLevel } from "../level.ts";
import type { AnyDestination, Destination, DestinationHealth, DestinationSetting } from "./destination.ts";

/** Options of {@link errorGroups}. */
export interface ErrorGroupsOptions {
  /** Where summaries are written. */
  to: AnyDestination;
  /** Lines below this level are not counted. @default "error" */
  level?: LogLevel;
  /** How often summaries are written, while errors occur. @default "1m" */
  every?: Duration;
  /** How many kinds of errors are distinguished, 1 to 10 000. Errors of further kinds are counted together. @default 100 */
  groups?: number;
  /** How many frames of the stack distinguish kinds, 1 to 20. @default 3 */
  frames?: number;
}

/** A destination that counts errors by their kind. */
export interface ErrorGroupsDestination extends Destination {
  /** Returns the groups that are kept now, in the order of their last occurrence. */
  groups(): readonly ErrorGroup[];
}

const OPTIONS = ["to", "level", "every", "groups", "frames"];

/**
 * Counts errors by their kind, and writes one summary line per kind and interval, and when the logger is closed or the
 * process exits. Two errors are of one kind if they have the same code or class, the same causes, and the same topmost
 * frames, apart from line numbers and directories. A line without an error is grouped by the constant parts of its message.
 *
 * @throws TypeError if an option is not as described
 * @example
 * ```ts
 * import { createLogger, errorGroups, stdout } from "@seaworthy/logger";
 * const errors = errorGroups({ to: stdout({ pretty: false }) });
 * const logger = createLogger({ name: "orders", destinations: [stdout({ level: "fatal" }), errors] });
 * for (let i = 0; i < 3; i++) logger.error(new Error("no such table"));
 * console.log(errors.groups()[0]?.count); // 3
 * await logger.close(); // writes "Error: 3 times"
 * ```
 */
export function errorGroups(options: ErrorGroupsOptions): ErrorGroupsDestination {
  checkOptions("errorGroups", options, OPTIONS);
  const { to, level = "error", every = "1m", groups = 100, frames = 3 } = options;
  const entry = readDestination(to, "errorGroups to");
  return new ErrorGroups({
    outletFor: (clock) => new Outlet({ entry, console: undefined, clock }),
    level: toLevel(level, "errorGroups level"),
    every: positiveDuration("errorGroups every", every),
    table: new GroupTable(
      integer("errorGroups groups", groups, 1, 10_000),
      integer("errorGroups frames", frames, 1, 20),
    ),
  });
}

interface ErrorGroupsSetup {
  readonly outletFor: (clock: Clock) => Outlet;
  readonly level: LogLevel;
  readonly every: number;
  readonly table: GroupTable;
}

class ErrorGroups implements ErrorGroupsDestination {
  readonly kind = "error-groups";
  // A summary is a line that programs read, wherever it is written.
  readonly pretty = false;
  readonly level: LogLevel;
  readonly #setup: ErrorGroupsSetup;
  #setting: DestinationSetting | undefined;
  #outlet: Outlet | undefined;
  #timestamp: () => string = createTimestamp(systemClock);
  #cancel: (() => void) | undefined;

  constructor(setup: ErrorGroupsSetup) {
    this.#setup = setup;
    this.level = setup.level;
  }

  get waitingBytes(): number {
    return this.#outlet?.status.waitingBytes ?? 0;
  }

  groups(): readonly ErrorGroup[] {
    return this.#setup.table.groups;
  }

  health(): DestinationHealth {
    const reason = this.#outlet?.status.failure;
    return reason === undefined ? { status: "healthy" } : { status: "degraded", reason };
  }

  open(setting: DestinationSetting): void {
    this.#setting = setting;
    this.#timestamp = createTimestamp(setting.clock);
    this.#outlet = this.#setup.outletFor(setting.clock);
    this.#outlet.open(setting);
  }

  write(line: string, level: number): void {
    // A level that is set at run time applies to all destinations.
    if (level < LEVELS[this.level]) return;
    const parsed = this.#setting?.parse(line);
    if (parsed === undefined) return;
    this.#setup.table.add({ ...parsed, level }, this.#timestamp());
    if (this.#cancel !== undefined) return;
    beforeExit.add(this.#summarize);
    this.#cancel = startTimer(this.#setting?.clock ?? systemClock, this.#setup.every, this.#summarize);
  }

  flushSync(): void {
    this.#outlet?.flushSync();
  }

  async flush(): Promise<void> {
    await this.#outlet?.flush(undefined);
  }

  async close(): Promise<void> {
    this.#summarize();
    await this.#outlet?.close(undefined);
  }

  readonly #summarize = (): void => {
    this.#cancel?.();
    this.#cancel = undefined;
    beforeExit.delete(this.#summarize);
    for (const { level, count, total, fingerprint, ...rest } of this.#setup.table.take()) {
      const { code, type, sample } = rest;
      const what = code ?? type ?? sample.message ?? fingerprint;
      const times = count === 1 ? "once" : `${count} times`;
      const fields = { errorGroup: fingerprint, count, total, ...rest };
      const line = this.#setting?.format(level, fields, `${what}: ${times}`);
      if (line !== undefined) this.#outlet?.write(line, level, EVERY_DESTINATION);
    }
  };
}
