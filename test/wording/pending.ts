/**
 * Files and folders whose wording has not been rewritten yet. `test/wording.test.ts` prints those that have become clean:
 * remove them here, so that they stay clean.
 */
export const PENDING: readonly string[] = [
  "docs/explanation/vault-compared.md",
  "docs/explanation/vault-format.md",
  "docs/how-to/keep-credentials-out-of-the-environment.md",
  "docs/how-to/lost-the-master-password.md",
  "docs/how-to/rotate-a-credential.md",
  "docs/reference/metrics.md",
  "docs/reference/vault.md",
  "packages/metrics",
  "packages/vault",
];
