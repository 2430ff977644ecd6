/** An issue as a schema library reports it. */
export interface RawIssue {
  readonly message: string;
  readonly path?: readonly unknown[] | undefined;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly expected?: unknown;
  /** The value that the check saw, in zod and valibot. A transform may have made it from the input. */
  readonly input?: unknown;
  /** The value that the check saw, in arktype, whose `input` is something else. */
  readonly data?: unknown;
  /** The value that the check saw, as the message of valibot writes it. */
  readonly received?: unknown;
  /** The value that the check saw, as the message of arktype writes it. */
  readonly actual?: unknown;
}
