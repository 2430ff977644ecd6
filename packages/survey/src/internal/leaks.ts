const UNIX_PATH = /\/(?:home|root|usr|var|opt|srv|app|Users)\/[\w.@-]+\/[\w.@/-]*/;
const WINDOWS_PATH = /[A-Z]:\\{1,2}\w+\\[\w.@\\-]*/;
const CODE_OF_DATABASE = /\b(?:SQLITE_|ORA-\d{5})/;
const ERROR_OF_POSTGRES = /\b(?:syntax error at or near|relation "[^"]+" does not exist)/;

/** What must not be in an answer or a probe, with the name under which the report shows it. */
const LEAKS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["a stack trace of JavaScript", /(?:\n|\\n)\s*at .{1,300}:\d+:\d+\)?/],
  ["a stack trace of Python", /Traceback \(most recent call last\)|File \\?"[^"\n]+\\?", line \d+/],
  ["a stack trace of Java", /(?:\n|\\n)\s*at [\w$.]+\([\w$]+\.java:\d+\)/],
  ["a path of the file system", UNIX_PATH],
  ["a path of the file system", WINDOWS_PATH],
  ["a path into node_modules", /node_modules[\\/]/],
  ["a message of a database", CODE_OF_DATABASE],
  ["a message of a database", ERROR_OF_POSTGRES],
  ["a failed connection with its address", /\bE(?:CONNREFUSED|HOSTUNREACH|TIMEDOUT) \d+\.\d+\.\d+\.\d+/],
];

/** The first thing in a text that only the service's developers should see, or `undefined`. */
export function leakIn(text: string): string | undefined {
  return LEAKS.find(([, pattern]) => pattern.test(text))?.[0];
}
