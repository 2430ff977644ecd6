/** Colors text with the codes of ANSI's SGR sequences, or returns it unchanged. */
export type Paint = (text: string, ...codes: readonly number[]) => string;

/** Returns a {@link Paint} that colors text, or one that does not. */
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

/** Roughly how many columns a text needs. Color sequences need no columns. */
export function widthOf(text: string): number {
  return text.replace(SGR, "").length;
}

const ID_COLORS = [32, 33, 34, 35, 36, 92, 93, 94, 95, 96];

/** Returns the color of an id, which is always the same for the same id. */
export function colorOf(id: string): number {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (hash * 31 + id.charCodeAt(i)) >>> 0;
  return ID_COLORS[hash % ID_COLORS.length] ?? DIM;
}

/**
 * Whether text for a stream is colored. `FORCE_COLOR` decides if it is set, then `NO_COLOR` and `NODE_DISABLE_COLORS`, as in
 * Node.js. If none of them is set, text is colored for a terminal, unless `TERM` is `dumb`.
 */
export function wantsColor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const { FORCE_COLOR: force, NO_COLOR: none, NODE_DISABLE_COLORS: disable, TERM: term } = env;
  if (force !== undefined) return force !== "0" && force !== "false";
  if ((none !== undefined && none !== "") || (disable !== undefined && disable !== "")) return false;
  return isTerminal && term !== "dumb";
}
