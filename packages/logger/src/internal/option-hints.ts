// Options of pino and winston, and what to use here instead.
const HINTS: Readonly<Record<string, string>> = {
  base: 'use "format.base"',
  messageKey: 'use "format.messageKey"',
  errorKey: 'use "format.errorKey"',
  nestedKey: 'use "format.fieldsKey"',
  timestamp: 'use "format.time" and "format.timeKey"',
  formatters: 'use "format.level" and "format.base", or logger.child(bindings, { formatters })',
  serializers:
    "errors, requests and responses are described without one; logger.child(bindings, { serializers }) takes more",
  transport: 'put pino.transport(…) among "destinations"',
  transports: 'use "destinations"',
  mixin: 'use a function as "context"',
  defaultMeta: 'use "format.base", or logger.child(fields)',
  customLevels: "use logger.child(bindings, { customLevels })",
  prettyPrint: 'use "pretty"',
  enabled: 'use the level "silent"',
  silent: 'use the level "silent"',
};

/**
 * Refuses options of pino and winston that have another name here.
 *
 * @throws TypeError that says what to use
 */
export function refuseForeignOptions(owner: string, options: object): void {
  for (const key of Object.keys(options))
    if (Object.hasOwn(HINTS, key)) throw new TypeError(`${owner} has no option "${key}"; ${HINTS[key]}`);
}
