/** Colors text with the numbers of ANSI's SGR sequences, or leaves it as it is. */
export type Paint = (text: string, ...codes: readonly number[]) => string;

/** A {@link Paint} that colors, or one that does not. */
export function createPaint(color: boolean): Paint {
  return (text, ...codes) => (color && text !== "" ? `\x1b[${codes.join(";")}m${text}\x1b[0m` : text);
}

export const DIM = 2;
export const BOLD = 1;
export const RED = 31;
export const GREEN = 32;
export const YELLOW = 33;
export const CYAN = 36;

const SGR = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, "g");

/** How many columns a text takes, roughly: color sequences take none. */
export function widthOf(text: string): number {
  return text.replace(SGR, "").length;
}

const ID_COLORS = [32, 33, 34, 35, 36, 92, 93, 94, 95, 96];

/** The color of an id: the same for the same id. */
export function colorOf(id: string): number {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (hash * 31 + id.charCodeAt(i)) >>> 0;
  return ID_COLORS[hash % ID_COLORS.length] as number;
}

/**
 * Whether a stream should be colored: `FORCE_COLOR` decides if it is set, then `NO_COLOR` and `NODE_DISABLE_COLORS`, as in
 * Node.js; without any of them, a terminal that is not dumb is colored.
 */
export function wantsColor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const { FORCE_COLOR: force, NO_COLOR: none, NODE_DISABLE_COLORS: disable, TERM: term } = env;
  if (force !== undefined) return force !== "0" && force !== "false";
  if ((none !== undefined && none !== "") || (disable !== undefined && disable !== "")) return false;
  return isTerminal && term !== "dumb";
}
