/** `poolSize` becomes `POOL_SIZE`, `tlsCA` `TLS_CA`; a key that is the name of a variable stays. */
export function variablePart(key: string): string {
  if (/^[A-Z][A-Z0-9_]*$/.test(key)) return key;
  return key
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
}
