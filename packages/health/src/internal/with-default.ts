/** The option, or its default where it was left out; `null` is not left out, and is refused like any other wrong value. */
export function withDefault<T>(option: T | undefined, fallback: T): T {
  return option === undefined ? fallback : option;
}
