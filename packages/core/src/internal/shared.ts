/**
 * One value per process under a registered symbol, so that two installed copies of this package use the same one.
 * The name carries a version: a copy with another layout of the value must not find this one.
 */
export function shared<T>(name: string, create: () => T): T {
  const key = Symbol.for(`seaworthy.${name}`);
  const found: T | undefined = Reflect.get(globalThis, key);
  if (found !== undefined) return found;
  const made = create();
  Object.defineProperty(globalThis, key, { value: made, enumerable: false, configurable: false, writable: false });
  return made;
}
