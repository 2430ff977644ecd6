import type { ViteUserConfig } from "vitest/config";

/** The tests of the built documentation site, which `pnpm run docs` has to write first. */
const config: ViteUserConfig = {
  test: {
    name: "site",
    include: ["test/site/*.test.ts"],
    environment: "node",
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
};
export default config;
