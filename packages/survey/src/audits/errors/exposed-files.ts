import { type Audit, fail, pass } from "../../audit.ts";

/** Paths that must not be served, with what would be in them. */
const FILES: readonly (readonly [path: string, content: RegExp])[] = [
  ["/.env", /^\s*[A-Z][A-Z0-9_]*=/m],
  ["/.git/config", /\[core\]/],
  ["/.git/HEAD", /^ref: refs\//],
  ["/package.json", /"dependencies"|"scripts"/],
  ["/package-lock.json", /"lockfileVersion"/],
  ["/node_modules/", /<title>|Index of/],
  ["/server.js.map", /"mappings"/],
  ["/dist/index.js.map", /"mappings"/],
  ["/..%2f..%2f..%2f..%2fetc/passwd", /^root:/m],
  ["/%2e%2e/%2e%2e/%2e%2e/etc/passwd", /^root:/m],
  ["/static/..%2f..%2fpackage.json", /"dependencies"|"scripts"/],
  ["/backup.sql", /CREATE TABLE/i],
  ["/debug/pprof/", /goroutine/],
  ["/actuator/env", /"propertySources"/],
];

/** Asks for files that are left on servers by mistake. */
export const exposedFiles: Audit = {
  id: "errors/exposed-files",
  severity: "major",
  title: "No file of the project is served",
  why: "A folder that is served by mistake shows sources, histories and secrets.",
  does: `Asks for ${FILES.length} paths at which such files are found.`,
  passes: "No answer has the content of such a file.",
  mend: {
    seaworthy: "Routes are listed; nothing is served from a folder.",
    otherwise: "Serve a folder that contains nothing but public files.",
  },
  link: "https://owasp.org/Top10/A05_2021-Security_Misconfiguration/",
  async run({ ask, evidence }) {
    for (const [path, content] of FILES) {
      const { status, body } = await ask({ path });
      if (status === 200 && content.test(body)) return fail(`${path} is served.`);
    }
    evidence.note(`${FILES.length} paths were asked.`);
    return pass(`None of ${FILES.length} paths shows a file.`);
  },
};
