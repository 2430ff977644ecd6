import { rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ConfigError, port, secretText, watchConfig } from "../src/index.ts";
import { workspace } from "./workspace.ts";

const schema = z.object({ port: port().default(1), key: secretText().optional() });

describe("watchConfig on files", () => {
  it("sees a file written in place, one renamed over another, and a secret that is exchanged", async () => {
    await using at = await workspace();
    await at.write("config/default.json", { port: 1 });
    await at.write("secrets/KEY", "first-key");
    let changed = Promise.withResolvers<{ port: number; key?: { reveal(): string } | undefined }>();
    const options = {
      directory: at.directory,
      env: {},
      secretsDirectory: join(at.root, "secrets"),
      debounce: "20ms",
    } as const;
    await using _watcher = await watchConfig(schema, options, (next) => changed.resolve(next));
    const next = async (): Promise<{ port: number; key?: { reveal(): string } | undefined }> => {
      const config = await changed.promise;
      changed = Promise.withResolvers();
      return config;
    };
    await at.write("config/default.json", { port: 2 });
    expect((await next()).port).toBe(2);
    await at.write("other.json", { port: 3 });
    await rename(join(at.root, "other.json"), join(at.directory, "default.json"));
    expect((await next()).port).toBe(3);
    await at.write("other-key", "second-key");
    await rename(join(at.root, "other-key"), join(at.root, "secrets", "KEY"));
    expect((await next()).key?.reveal()).toBe("second-key");
  });

  it("reports a refused change, and holds no handle once closed", async () => {
    await using at = await workspace();
    await at.write("config/default.json", { port: 1 });
    const refused = Promise.withResolvers<ConfigError>();
    const options = {
      directory: at.directory,
      env: {},
      debounce: 5,
      // A file that is being written may be refused as malformed before that.
      onRefused: (error: ConfigError) => void (error.issues[0]?.path === "port" && refused.resolve(error)),
    };
    const watcher = await watchConfig(schema, options, () => undefined);
    await at.write("config/default.json", { port: 99_999 });
    expect((await refused.promise).issues[0]?.path).toBe("port");
    expect(watcher.current.port).toBe(1);
    await watcher.close();
    expect(process.getActiveResourcesInfo()).not.toContain("FSEventWrap");
  });
});
