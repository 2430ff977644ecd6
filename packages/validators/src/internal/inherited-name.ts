/** Returns whether every plain object seems to have a member with this name. */
export function isInherited(name: string): boolean {
  return name in Object.prototype || name === "prototype";
}
