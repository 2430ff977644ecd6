import { createReadStream } from "node:fs";

const NEWLINE = 0x0a;

/** A line of a file and the offset at which it begins. */
export interface Line {
  readonly bytes: Buffer;
  readonly offset: number;
  /** Whether a line end follows. Only the last line of a file may have none. */
  readonly complete: boolean;
}

/** The lines of a file, in constant memory apart from the longest line. A file that is missing has none. */
export async function* readLines(path: string, end?: number): AsyncIterable<Line> {
  if (end === 0) return;
  const stream = createReadStream(path, end === undefined ? {} : { end: end - 1 });
  let rest: Buffer[] = [];
  let offset = 0;
  let length = 0;
  try {
    for await (const part of stream) {
      const chunk: Buffer = part;
      let start = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, start)) {
        const bytes = Buffer.concat([...rest, chunk.subarray(start, at)]);
        yield { bytes, offset, complete: true };
        offset += bytes.length + 1;
        rest = [];
        length = 0;
        start = at + 1;
      }
      if (start < chunk.length) {
        rest.push(chunk.subarray(start));
        length += chunk.length - start;
      }
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw error;
  }
  if (length > 0) yield { bytes: Buffer.concat(rest), offset, complete: false };
}
