/** Sets a member that is not enumerable, like the members of an error that the platform sets. */
export function setHidden(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, configurable: true, enumerable: false });
}

/**
 * Takes the stack from above `caller`, with a first line `SeaworthyError [CODE]: message` that survives a structured
 * clone. V8 builds the text of a stack when it is first read, with the name that the object has then; hence the holder.
 */
export function captureStack(error: { readonly code: string; readonly message: string }, caller: object): void {
  const holder: { name: string; message: string; stack?: string } = {
    name: `SeaworthyError [${error.code}]`,
    message: error.message,
  };
  Error.captureStackTrace(holder, caller as () => void);
  Object.defineProperty(error, "stack", {
    get: () => holder.stack,
    set: (stack: string) => setHidden(error, "stack", stack),
    configurable: true,
    enumerable: false,
  });
}
