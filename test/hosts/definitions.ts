import ts from "typescript";

/** Where an editor goes for the name at a position. Lines and columns start at 1. */
export interface Definition {
  readonly file: string;
  readonly line: number;
}

const nothing = (): void => undefined;
const unwatched: ts.FileWatcher = { close: nothing };

/** Asks TypeScript's language server what an editor asks it; unlike the compiler's own service, it follows maps. */
export function definitionOf(file: string, line: number, offset: number): Definition | undefined {
  const session = new ts.server.Session({
    host: {
      ...ts.sys,
      write: nothing, // the answers are taken from executeCommand
      setTimeout,
      clearTimeout,
      setImmediate,
      clearImmediate,
      watchFile: () => unwatched,
      watchDirectory: () => unwatched,
    },
    logger: {
      close: nothing,
      hasLevel: () => false,
      loggingEnabled: () => false,
      perftrc: nothing,
      info: nothing,
      startGroup: nothing,
      endGroup: nothing,
      msg: nothing,
      getLogFileName: () => undefined,
    },
    cancellationToken: ts.server.nullCancellationToken,
    typingsInstaller: ts.server.nullTypingsInstaller,
    useSingleInferredProject: true,
    useInferredProjectPerProjectRoot: false,
    byteLength: Buffer.byteLength,
    hrtime: process.hrtime,
    canUseEvents: false,
  });
  const ask = (command: string, more: object): unknown =>
    session.executeCommand({
      seq: 0,
      type: "request",
      command,
      arguments: { file, ...more },
    } as ts.server.protocol.Request).response;
  ask("open", {});
  const [first] = ask("definition", { line, offset }) as ts.server.protocol.FileSpanWithContext[];
  return first === undefined ? undefined : { file: first.file, line: first.start.line };
}
