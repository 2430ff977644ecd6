export { cutText } from "./cut-text.ts";
export type { SecretMatcher } from "./internal/secret-registry.ts";
export { SHORTEST_SCRUBBED } from "./internal/secret-registry.ts";
export type { SecretListener } from "./on-secret.ts";
export { onSecret } from "./on-secret.ts";
export { containsSecret, scrubAndCut } from "./scrub-secrets.ts";
export { isSensitiveKey, sensitiveWords } from "./sensitive-key.ts";
export { blankCredentials, holdsCredentials } from "./text-credentials.ts";
