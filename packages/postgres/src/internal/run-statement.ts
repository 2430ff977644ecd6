import { currentContext, remainingTime } from "@seaworthy/core";
import { errors } from "../errors.ts";
import type { SqlResult } from "../postgres.ts";
import { queryEvent } from "../telemetry.ts";
import { codeOf, isConnectionLoss } from "./driver-errors.ts";
import type { Session } from "./engine.ts";

type Result = SqlResult & { command?: string };

/** What a statement is run with besides its text. */
export interface StatementRun {
  readonly session: Session;
  readonly database: string;
  /** Milliseconds after which this process cancels the statement; `Infinity` where the server has the limit. */
  readonly limit: number;
}

// How long the server has to act on a cancel request before the connection is cut.
const GRACE = 1000;

/**
 * Runs one statement within the context's deadline and abort signal: when one of them ends it, the server is asked to
 * cancel the statement, so that it does not go on working for a caller who has left.
 */
export async function runStatement(run: StatementRun, text: string, params?: readonly unknown[]): Promise<Result> {
  const { session, database } = run;
  const began = queryEvent.active ? performance.now() : 0;
  try {
    const result = await within(run, text, params);
    if (queryEvent.active) queryEvent.emit({ database, outcome: "ok" }, (performance.now() - began) / 1000);
    return result;
  } catch (error) {
    const shown = describe(error, session);
    if (queryEvent.active)
      queryEvent.emit({ database, outcome: outcomeOf(shown) }, (performance.now() - began) / 1000, { error: shown });
    throw shown;
  }
}

async function within({ session, limit }: StatementRun, text: string, params?: readonly unknown[]): Promise<Result> {
  const { signal } = currentContext();
  const remaining = remainingTime();
  if (signal?.aborted === true) throw errors.POSTGRES_CANCELLED({}, { cause: signal.reason });
  if (remaining <= 0) throw pastDeadline();
  const time = Math.min(limit, remaining);
  if (signal === undefined && time === Number.POSITIVE_INFINITY) return session.query(text, params);
  const guard = new StatementGuard(session, signal);
  if (time !== Number.POSITIVE_INFINITY)
    guard.startTimer(time, time === limit ? () => overLimit(limit) : () => pastDeadline());
  try {
    const result = await session.query(text, params);
    // The statement may have ended just before the request arrived, which would then cancel the connection's next one.
    if (await guard.stopped()) session.cut();
    return result;
  } catch (error) {
    if (await guard.stopped()) {
      if (codeOf(error) !== "57014") session.cut();
      throw guard.reason(error);
    }
    throw error;
  }
}

const pastDeadline = (cause?: unknown): Error =>
  errors.POSTGRES_TIMEOUT({ limit: "deadline" }, { cause, message: "The deadline of the context has passed" });
const overLimit = (limit: number, cause?: unknown): Error =>
  errors.POSTGRES_TIMEOUT({ limit: "statement" }, { cause, message: `The statement took longer than ${limit} ms` });

/** Watches one statement, and has it cancelled when its time is over or its caller leaves. */
class StatementGuard {
  readonly #session: Session;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#stop(() => errors.POSTGRES_CANCELLED({}, { cause: this.#signal?.reason }));
  #timer: NodeJS.Timeout | undefined;
  #cut: NodeJS.Timeout | undefined;
  #reason: ((cause: unknown) => Error) | undefined;
  #sent: Promise<void> | undefined;

  constructor(session: Session, signal: AbortSignal | undefined) {
    this.#session = session;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  startTimer(time: number, reason: (cause: unknown) => Error): void {
    // setTimeout would fire at once beyond 2^31-1.
    this.#timer = setTimeout(() => this.#stop(reason), Math.min(time, 2_147_483_647));
  }

  /** Ends the watch. Resolves with whether the statement was cancelled, once the server has taken the request. */
  async stopped(): Promise<boolean> {
    clearTimeout(this.#timer);
    clearTimeout(this.#cut);
    this.#signal?.removeEventListener("abort", this.#onAbort);
    await this.#sent;
    return this.#sent !== undefined;
  }

  reason(cause: unknown): unknown {
    return this.#reason?.(cause) ?? cause;
  }

  #stop(reason: (cause: unknown) => Error): void {
    if (this.#sent !== undefined) return;
    this.#reason = reason;
    this.#sent = this.#session.cancel();
    this.#cut = setTimeout(() => this.#session.cut(), GRACE);
  }
}

/** Errors of this package for what the caller cannot see in the SQLSTATE; the server's own errors stay as they are. */
function describe(error: unknown, session: Session): unknown {
  const code = codeOf(error);
  if (code.startsWith("POSTGRES_")) return error;
  const message = error instanceof Error ? error.message : "";
  // 57014 is also what another session's pg_cancel_backend leads to. Only the message tells them apart.
  if (code === "57014" && message.includes("user request")) return errors.POSTGRES_CANCELLED({}, { cause: error });
  if (code === "57014") return errors.POSTGRES_TIMEOUT({ limit: "statement" }, { cause: error, message });
  // With NOWAIT the same SQLSTATE says something else, and is left to the caller.
  if (code === "55P03" && message.includes("lock timeout"))
    return errors.POSTGRES_TIMEOUT({ limit: "lock" }, { cause: error, message });
  if (session.lost || isConnectionLoss(error)) return errors.POSTGRES_CONNECTION_LOST({}, { cause: error });
  return error;
}

function outcomeOf(error: unknown): string {
  const code = codeOf(error);
  if (code === "POSTGRES_TIMEOUT") return "timeout";
  if (code === "POSTGRES_CANCELLED") return "cancelled";
  return code === "POSTGRES_CONNECTION_LOST" ? "lost" : "error";
}
