/** Why a value is refused. Neither the code nor the message contains any part of the value. */
export class Refused {
  readonly code: string;
  readonly message: string;
  readonly path: readonly PropertyKey[];

  constructor(code: string, message: string, path: readonly PropertyKey[]) {
    this.code = code;
    this.message = message;
    this.path = path;
  }
}

/** Refuses a value in the `parse` function of a schema. */
export function refuse(code: string, message: string, path: readonly PropertyKey[] = []): Refused {
  return new Refused(code, message, path);
}
