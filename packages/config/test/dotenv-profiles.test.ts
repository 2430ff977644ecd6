import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { explainConfig, isConfigError, loadConfig, watchConfig } from "../src/index.ts";
import { type Workspace, workspace } from "./workspace.ts";

const schema = z.object({ name: z.string().default("schema"), port: z.number().default(1) });

async function files(): Promise<Workspace> {
  const at = await workspace();
  await at.write("config/default.json", { name: "default.json" });
  await at.write(".env", "NAME=common\nPORT=2\n");
  await at.write(".env.staging", "NAME=staging\n");
  await at.write(".env.development", "NAME=development\n");
  return at;
}

describe("the .env file of a profile", () => {
  it("is read in its profile only, above the files and below the environment", async () => {
    await using at = await files();
    const options = { directory: at.directory, onWarning: () => undefined };
    const config = await loadConfig(schema, { ...options, profile: "staging", env: {} });
    expect(config).toEqual({ name: "staging", port: 1 });
    expect(explainConfig(config, "name")).toMatchObject({
      layer: "dotenv",
      source: `file:${join(at.root, ".env.staging")}:1:1`,
    });
    const winner = await loadConfig(schema, { ...options, profile: "staging", env: { NAME: "environment" } });
    expect(winner.name).toBe("environment");
    expect((await loadConfig(schema, { ...options, profile: "production", env: {} })).name).toBe("default.json");
  });

  it("wins over .env in development, variable by variable", async () => {
    await using at = await files();
    const config = await loadConfig(schema, { directory: at.directory, profile: "development", env: {} });
    expect(config).toEqual({ name: "development", port: 2 });
  });

  it("is not read if envFile names a file or is false", async () => {
    await using at = await files();
    const options = { directory: at.directory, profile: "staging", env: {}, onWarning: () => undefined };
    expect((await loadConfig(schema, { ...options, envFile: false })).name).toBe("default.json");
    const named = await loadConfig(schema, { ...options, envFile: join(at.root, ".env") });
    expect(named).toEqual({ name: "common", port: 2 });
  });

  it("is refused with its place if it is malformed", async () => {
    await using at = await files();
    await at.write(".env.staging", "NAME=ok\nnot a variable\n");
    const options = { directory: at.directory, profile: "staging", env: {}, onWarning: () => undefined };
    const error = await loadConfig(schema, options).catch((thrown: unknown) => thrown);
    expect(isConfigError(error) && error.issues).toEqual([
      expect.objectContaining({ problem: "malformed", source: `file:${join(at.root, ".env.staging")}:2:1` }),
    ]);
  });

  it("is watched, also if it does not exist at first", async () => {
    await using at = await workspace();
    const options = { directory: at.directory, profile: "staging", env: {}, onWarning: () => undefined };
    await using watcher = await watchConfig(schema, { ...options, debounce: "10ms" });
    const changed = Promise.withResolvers<string>();
    watcher.subscribe(({ name }) => changed.resolve(name));
    await at.write(".env.staging", "NAME=written later\n");
    expect(await changed.promise).toBe("written later");
  });
});
