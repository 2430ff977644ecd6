import pRetry from "p-retry";

/**
 * A failed attempt on its way through p-retry. p-retry judges what it catches by type (it gives up on a TypeError and
 * wraps what is not an Error), so it is only ever shown this. An Error by prototype alone: it takes no stack.
 */
export class FailedAttempt {
  /** What was thrown, or the result that counts as a failure. */
  readonly outcome: unknown;
  readonly thrown: boolean;

  constructor(outcome: unknown, thrown: boolean) {
    this.outcome = outcome;
    this.thrown = thrown;
  }
}
Object.setPrototypeOf(FailedAttempt.prototype, Error.prototype);

/**
 * Goes on after a first attempt that has failed. p-retry keeps the loop: it counts the attempts, and asks `pause`
 * after each failure, which waits and answers whether to go on. Its own delays, jitter, signal and judgement of errors
 * stay unused. Returns what the last attempt returned; throws the {@link FailedAttempt} that was the last, or what
 * `pause` threw.
 */
export async function retryLoop(
  first: FailedAttempt,
  attempts: number,
  pause: (failure: FailedAttempt, attempt: number) => Promise<boolean>,
  run: (attempt: number) => Promise<unknown>,
): Promise<unknown> {
  return pRetry(
    (attempt) => {
      // The first attempt is over before p-retry is entered; it is handed to p-retry as if p-retry had made it.
      if (attempt === 1) throw first;
      return run(attempt);
    },
    {
      retries: attempts - 1,
      minTimeout: 0,
      shouldRetry: ({ error, attemptNumber }) => error instanceof FailedAttempt && pause(error, attemptNumber),
    },
  );
}
