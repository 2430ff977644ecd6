import { DIM, type Paint, RED } from "./paint.ts";
import { escapeUnsafe, showValue } from "./values.ts";

/** An error as it is in a line. */
export interface ShownError {
  readonly type: string;
  readonly message: string;
  readonly stack?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  readonly [member: string]: unknown;
}

const MOST_CAUSES = 12;
const FRAME = /^\s+at (.*)$/;
const PLACE = /\(?((?:file:\/\/)?[^()\s]+):(\d+):(\d+)\)?$/;
const PACKAGE = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/** Whether a field holds an error that was logged. */
export function isShownError(value: unknown): value is ShownError {
  if (typeof value !== "object" || value === null) return false;
  return "type" in value && typeof value.type === "string" && "message" in value && typeof value.message === "string";
}

/** Class and message of an error: `TypeError: no such user`. */
export function headline({ type, message }: ShownError): string {
  return escapeUnsafe(message === "" ? type : `${type}: ${message}`);
}

/** An error within a line. Its class is shown only if it is more specific than `Error`. */
export function brief(error: ShownError): string {
  const { type, message } = error;
  return message !== "" && (type === "Error" || type === "SeaworthyError") ? escapeUnsafe(message) : headline(error);
}

/** The lines of an error, below the line itself: its message, its members, its frames, and its causes. */
export function errorBlock(error: ShownError, paint: Paint, directory: string, withHeadline: boolean): string[] {
  const lines: string[] = [];
  let each: unknown = error;
  for (let depth = 0; depth < MOST_CAUSES && isShownError(each); depth++) {
    const { type: _, message: __, stack, cause, errors, ...members } = each;
    const prefix = depth === 0 ? "" : paint("caused by ", DIM);
    const shown = Object.entries(members)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${paint(`${escapeUnsafe(key)}=`, DIM)}${showValue(value)}`);
    if (depth > 0 || withHeadline) lines.push(`${prefix}${paint(headline(each), RED)}${shown.join("")}`);
    else if (shown.length > 0) lines.push(shown.join("").trimStart());
    lines.push(...framesOf(stack, paint, directory));
    if (Array.isArray(errors))
      for (const inner of errors) if (isShownError(inner)) lines.push(`with ${paint(headline(inner), RED)}`);
    each = cause;
  }
  return lines;
}

function framesOf(stack: unknown, paint: Paint, directory: string): string[] {
  if (typeof stack !== "string") return [];
  const lines: string[] = [];
  let foreign: string[] = [];
  const fold = (): void => {
    if (foreign.length === 0) return;
    const owners = [...new Set(foreign)].join(", ");
    lines.push(paint(`  … ${foreign.length} ${foreign.length === 1 ? "frame" : "frames"} of ${owners}`, DIM));
    foreign = [];
  };
  for (const line of stack.split("\n")) {
    const frame = FRAME.exec(line)?.[1];
    if (frame === undefined) continue;
    const owner = ownerOf(frame);
    if (owner === undefined) {
      fold();
      lines.push(`  at ${escapeUnsafe(shorten(frame, directory))}`);
    } else foreign.push(escapeUnsafe(owner));
  }
  fold();
  return lines;
}

/** The package that a frame belongs to, or `undefined` for a frame of the host. */
function ownerOf(frame: string): string | undefined {
  const name = PACKAGE.exec(frame)?.[1];
  if (name !== undefined) return name;
  const place = PLACE.exec(frame)?.[1];
  return frame.includes("node:") || frame.includes("<anonymous>") || place === undefined ? "node" : undefined;
}

function shorten(frame: string, directory: string): string {
  const plain = frame.replace("file://", "");
  return directory === "" || directory === "/" ? plain : plain.replace(`${directory}/`, "");
}
