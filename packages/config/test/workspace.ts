import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A temporary directory with a `config` folder in it. */
export interface Workspace extends AsyncDisposable {
  readonly root: string;
  /** The folder of configuration files. */
  readonly directory: string;
  /** Writes a file below the root: text as it is, anything else as indented JSON. */
  write(path: string, content: unknown): Promise<string>;
  link(target: string, path: string): Promise<void>;
  mode(path: string, mode: number): Promise<void>;
}

export async function workspace(): Promise<Workspace> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "seaworthy-config-")));
  await mkdir(join(root, "config"));
  return {
    root,
    directory: join(root, "config"),
    async write(path, content) {
      const file = join(root, path);
      await mkdir(dirname(file), { recursive: true });
      const raw = typeof content === "string" || content instanceof Uint8Array;
      await writeFile(file, raw ? content : JSON.stringify(content, null, 2));
      return file;
    },
    link: (target, path) => symlink(target, join(root, path)),
    mode: (path, mode) => chmod(join(root, path), mode),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
