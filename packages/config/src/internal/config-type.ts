type Kept = ((...args: never[]) => unknown) | Date | RegExp | URL | Uint8Array | { reveal(): unknown };

/** A configuration: the output of the schema, frozen at every depth. */
export type Config<T> = T extends Kept
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Config<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Config<T[Key]> }
      : T;
