import type { KnownUsage, LimitAnswer, LimitCall, LimitWindow } from "../stores/store.ts";
import { KeyState } from "./key-state.ts";

// Below this, what is known may be over already by the clock of the store.
const LEAST_KNOWN = 100;

/** What a process knows of a key whose counts are in a shared store. */
export class ShadowState {
  readonly #counts = new KeyState();
  #generation = 0;
  /** What was consumed here and not in the store; less than 0 if it is the other way round. */
  #owed = 0;
  /** Resets and blocks that the store has not seen, with their moments. */
  #missed: { readonly call: LimitCall; readonly at: number }[] = [];

  get expiresAt(): number {
    return this.#counts.expiresAt;
  }

  /** Takes over the answer of the store. */
  adopt(windows: readonly LimitWindow[], answer: LimitAnswer, now: number): void {
    this.#counts.adopt(windows, answer, now);
    this.#generation = answer.generation;
  }

  /** Counts here, because the store cannot be reached. */
  apply(call: LimitCall, now: number): LimitAnswer {
    const answer = this.#counts.apply(call, now);
    const { action, amount } = call;
    if (action === "add" || (action === "consume" && answer.allowed)) this.#owed += amount;
    if (action === "reset") {
      this.#owed = 0;
      this.#missed = [{ call, at: now }];
    }
    if (action === "block")
      this.#missed = [...this.#missed.filter((missed) => missed.call.action === "reset"), { call, at: now }];
    return answer;
  }

  /** A call that was counted here was counted by the store after all. */
  settled({ action, amount }: LimitCall, allowed: boolean): void {
    if (action === "add" || (action === "consume" && allowed)) this.#owed -= amount;
  }

  /** What has to be written to the store with the next call; the state forgets that it is owed. */
  handOver(windows: readonly LimitWindow[], now: number): { owed: number; known: KnownUsage | undefined } {
    if (this.expiresAt <= now) {
      this.#owed = 0;
      this.#missed = [];
      return { owed: 0, known: undefined };
    }
    if (this.#owed === 0 && this.#generation === 0) return { owed: 0, known: undefined };
    const { windows: usage } = this.#counts.apply(peekOf(windows), now);
    const counted = Math.max(...usage.map(({ used }) => used));
    const owed = Math.min(this.#owed, counted);
    this.#owed = 0;
    if (this.#generation === 0 || usage.every(({ resetAfter }) => resetAfter < LEAST_KNOWN))
      return { owed, known: undefined };
    // What is owed is sent beside it, so it is not part of what the store is expected to know.
    const known = usage.map(({ used, resetAfter }, index) => {
      const { algorithm, window, limit } = windows[index] as LimitWindow;
      if (algorithm === "log") return { used: Math.max(0, used - owed), resetAfter };
      return { used: Math.max(0, used - owed), resetAfter: Math.max(0, resetAfter - (owed * window) / limit) };
    });
    return { owed, known: { generation: this.#generation, windows: known } };
  }

  /** What was handed over did not arrive. */
  takeBack(owed: number): void {
    this.#owed += owed;
  }

  /** Resets and blocks that have to be written to the store before the next call. */
  missed(now: number): readonly LimitCall[] {
    if (this.#missed.length === 0) return this.#missed.map(({ call }) => call);
    const calls: LimitCall[] = [];
    for (const { call, at } of this.#missed) {
      const left = call.amount - (now - at);
      if (call.action === "reset" || call.amount === 0) calls.push(call);
      else if (left > 0) calls.push({ ...call, amount: left });
    }
    return calls;
  }

  forgetMissed(): void {
    this.#missed = [];
  }
}

const NOTHING = { limiter: "", key: "", action: "peek", amount: 0 } as const;
const peekOf = (windows: readonly LimitWindow[]): LimitCall => ({ ...NOTHING, windows });
