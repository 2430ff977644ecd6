import type { LimitAnswer, LimitCall } from "../stores/store.ts";
import type { AnswerOrigin } from "./decide.ts";

/** An answer and where it comes from. */
export interface Counted extends AnswerOrigin {
  readonly answer: LimitAnswer;
}

/** Answers calls, whatever the state of the store. */
export interface Counting {
  readonly isDegraded: boolean;
  apply(call: LimitCall): Counted | Promise<Counted>;
  close(): void;
}
