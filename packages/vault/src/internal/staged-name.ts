/** What the name of an entry's next value ends with, in the middle of its rotation. */
export const STAGED = "~next";

/** Whether an entry of these is the next value of another one, in the middle of its rotation. */
export function isStaged(name: string, names: readonly string[]): boolean {
  return name.endsWith(STAGED) && names.includes(name.slice(0, -STAGED.length));
}
