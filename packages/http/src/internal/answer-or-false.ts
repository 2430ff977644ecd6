import { type Clock, startTimer } from "@seaworthy/core";

const PATIENCE = 250;

/** What `asked` resolves to, or `false` if that takes longer than 250 ms. */
export function answerOrFalse(asked: Promise<boolean>, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = startTimer(clock, PATIENCE, () => resolve(false));
    void asked.then((answer) => {
      stop();
      resolve(answer);
    });
  });
}
