// `node scripts/alpine-host.ts FOLDER` writes a project that depends on the packed packages, and a check of them. The job
// `alpine` of the workflow installs the project and runs the check in Alpine Linux.
import { copyFileSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { layOutHost, pack, pinnedPeers } from "../test/hosts/tarballs.ts";

const folder = resolve(process.argv[2] ?? "alpine-host");
const tarballs = join(folder, "tarballs");
mkdirSync(tarballs, { recursive: true });
await pack(tarballs);
layOutHost(folder, tarballs, pinnedPeers());
copyFileSync(join(import.meta.dirname, "..", "test", "hosts", "check.mjs"), join(folder, "check.mjs"));
