import { lstat, readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isSeaworthyError } from "@seaworthy/core";
import { lastGoodCopyIn } from "./file-names.ts";
import { orMissing } from "./files.ts";
import { decodeHead, type Head, segmentDigest } from "./format/head.ts";
import { readLog } from "./format/log.ts";
import { splitFrames } from "./format/record.ts";

/** One thing that was looked at, without any key. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Looks at the files of a vault: what is there, whose it is, and whether checksums are right. Changes nothing. */
export async function inspectFiles(path: string): Promise<Finding[]> {
  const side = `${path}.d`;
  const names = (await readdir(side).catch(orMissing)) ?? [];
  const head = await inspectHead("head", path, side);
  const copy = lastGoodCopyIn(names.filter((name) => name !== `e${head.epoch}`));
  const findings = [
    await inspectMode("directory of the vault", dirname(path), 0o700),
    ...(await inspectAbove(dirname(path))),
    await inspectMode("file of the vault", path, 0o600),
    await inspectMode("directory beside", side, 0o700),
    ...head.findings,
    ...(copy === undefined ? [] : (await inspectHead(`last good copy ${copy}`, join(side, copy), side)).findings),
  ];
  const temporaries = names.filter((name) => name.startsWith("t")).length;
  if (temporaries > 0) findings.push({ what: "unfinished writes", ok: true, detail: `${temporaries}` });
  if (names.includes("lock")) findings.push({ what: "lock", ok: true, detail: await textOf(join(side, "lock")) });
  return findings;
}

async function inspectMode(what: string, path: string, mode: number): Promise<Finding> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined) return { what, ok: false, detail: `${path} is missing` };
  const found = stat.mode & 0o777;
  const isOurs = stat.uid === (process.getuid?.() ?? stat.uid) && !stat.isSymbolicLink();
  const ok = process.platform === "win32" || (isOurs && (found & ~mode) === 0);
  return { what, ok, detail: `${path}, mode 0${found.toString(8)}, owner ${stat.uid}` };
}

/** Directories above that other accounts can replace. A vault bears that, apart from being destroyed or put back to an older state. */
async function inspectAbove(directory: string): Promise<Finding[]> {
  const replaceable: string[] = [];
  let below = await realpath(directory).catch(() => directory);
  for (let above = dirname(below); above !== below; below = above, above = dirname(above)) {
    const stat = await lstat(above).catch(() => undefined);
    if (stat === undefined) continue;
    const isOurs = stat.uid === 0 || stat.uid === process.getuid?.();
    // In a sticky directory, such as /tmp, only the owner of an entry can rename it.
    const isOpen = (stat.mode & 0o022) !== 0 && (stat.mode & 0o1000) === 0;
    if (!isOurs || isOpen) replaceable.push(above);
  }
  if (process.platform === "win32" || replaceable.length === 0) return [];
  return [{ what: "directories above", ok: true, detail: `others can replace ${replaceable.join(", ")}` }];
}

async function inspectHead(what: string, path: string, side: string): Promise<{ epoch?: number; findings: Finding[] }> {
  try {
    const bytes = await readFile(path);
    if (bytes.length === 0)
      return { findings: [{ what, ok: true, detail: "emptied after everything was encrypted anew" }] };
    const head = decodeHead(bytes);
    const slots = head.slots.map(({ kind }) => kind).join(", ");
    const detail = `epoch ${head.epoch}, ${head.slots.length} key slots (${slots}), ${head.segments.length} segments`;
    return {
      epoch: head.epoch,
      findings: [
        { what, ok: true, detail },
        ...(await inspectSegments(what, head, side)),
        ...(await inspectLog(what, head, side)),
      ],
    };
  } catch (error) {
    return { findings: [{ what, ok: false, detail: reasonOf(error) }] };
  }
}

/** Only what is wrong with them. */
async function inspectSegments(owner: string, head: Head, side: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { id, records, digest } of head.segments) {
    try {
      const frames = splitFrames(await readFile(join(side, `s${id}`)), records);
      if (!segmentDigest(frames).equals(digest)) throw new Error("the checksum is another");
    } catch (error) {
      findings.push({ what: `segment s${id} of the ${owner}`, ok: false, detail: reasonOf(error) });
    }
  }
  return findings;
}

/** What the log adds, or what is wrong with it. */
async function inspectLog(owner: string, { log, epoch }: Head, side: string): Promise<Finding[]> {
  if (log === undefined) return [];
  const what = `log of the ${owner}`;
  try {
    const bytes = await readFile(join(side, `l${log}`));
    const { entries, ending } = readLog(bytes, log, epoch);
    const state = { open: "", ended: ", ended", cut: ", ends with a write that was cut short" }[ending];
    return [{ what, ok: true, detail: `${entries.length} writes${state}` }];
  } catch (error) {
    return [{ what, ok: false, detail: reasonOf(error) }];
  }
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

function reasonOf(error: unknown): string {
  if (isSeaworthyError(error)) return String(error.context.reason ?? error.message);
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? "missing" : (code ?? message);
}
