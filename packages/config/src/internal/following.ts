import type { FSWatcher } from "node:fs";
import { dirname, join, parse, resolve, sep } from "node:path";
import { files } from "./node-builtins.ts";
import { type SeenFiles, signatureAt } from "./text-file.ts";

/** The names in a directory on which files depend, or `undefined` if all names count. */
type Names = Set<string> | undefined;

interface Followed {
  readonly watcher: FSWatcher;
  /** Identifies the directory even if its path changes. */
  readonly identity: string;
  names: Names;
}

const MOST_LINKS = 40;

/**
 * Watches files through the directories on their paths.
 *
 * The operating system watches a directory and not its path, so a directory that was renamed or created again would not be
 * watched any more. Therefore each directory on the path is watched for its one name on the path, and each symbolic link
 * for its target.
 */
export class Following {
  readonly #followed = new Map<string, Followed>();
  readonly #onEvent: () => void;

  constructor(onEvent: () => void) {
    this.#onEvent = onEvent;
  }

  /** Watches what a load has read, and returns whether it has changed since then. */
  update(seen: SeenFiles, directories: ReadonlySet<string>): boolean {
    const wanted = new Map<string, Names>();
    for (const path of seen.keys()) addPath(path, wanted);
    for (const directory of directories) wanted.set(realPath(directory), undefined);
    for (const path of this.#followed.keys()) if (!wanted.has(path)) this.#forget(path);
    let isNew = false;
    for (const [path, names] of wanted) isNew = this.#follow(path, names) || isNew;
    return isNew && [...seen].some(([path, signature]) => signatureAt(path) !== signature);
  }

  close(): void {
    for (const path of [...this.#followed.keys()]) this.#forget(path);
  }

  #follow(path: string, names: Names): boolean {
    const identity = identityOf(path);
    const known = this.#followed.get(path);
    if (known !== undefined && known.identity === identity) {
      known.names = names;
      return false;
    }
    this.#forget(path);
    if (identity === undefined) return false;
    try {
      const watcher = files.watch(path, { persistent: false }, (_, name) => this.#touched(path, name));
      watcher.on("error", () => this.#forget(path));
      this.#followed.set(path, { watcher, identity, names });
      return true;
    } catch {
      return false; // the directory must not be read, or the system has no watchers left; `reload()` still works
    }
  }

  #touched(path: string, name: string | null): void {
    const followed = this.#followed.get(path);
    if (followed === undefined) return;
    // A new directory may even have the identity of the previous one, so everything below it is watched again.
    if (name !== null) {
      const entry = join(path, name);
      for (const other of [...this.#followed.keys()])
        if (other === entry || other.startsWith(`${entry}${sep}`)) this.#forget(other);
    }
    // Some systems do not report the name.
    if (name === null || followed.names === undefined || followed.names.has(name)) this.#onEvent();
  }

  #forget(path: string): void {
    this.#followed.get(path)?.watcher.close();
    this.#followed.delete(path);
  }
}

/** Adds each directory on a path, with the name that the path has in it. */
function addPath(path: string, wanted: Map<string, Names>, links = 0): void {
  const { root } = parse(path);
  const names = path
    .slice(root.length)
    .split(/[\\/]+/)
    .filter((name) => name !== "");
  let at = root;
  for (const [index, name] of names.entries()) {
    const known = wanted.get(at);
    if (known !== undefined) known.add(name);
    else if (!wanted.has(at)) wanted.set(at, new Set([name]));
    const target = targetOf(join(at, name));
    if (target === undefined) return;
    if (target !== "") {
      const rest = names.slice(index + 1);
      if (links < MOST_LINKS) addPath(join(resolve(at, target), ...rest), wanted, links + 1);
      return;
    }
    at = join(at, name);
  }
}

/** The target of a link, an empty string for anything else, or undefined if nothing exists. */
function targetOf(path: string): string | undefined {
  try {
    return files.lstatSync(path).isSymbolicLink() ? files.readlinkSync(path) : "";
  } catch {
    return undefined;
  }
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = files.statSync(path);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

/** The directory that a path leads to after all links. */
function realPath(path: string): string {
  let at = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const target = targetOf(at);
    if (target === undefined || target === "") return at;
    at = resolve(dirname(at), target);
  }
  return at;
}
