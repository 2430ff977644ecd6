import { type Audit, fail, pass } from "../../audit.ts";
import { rawExchange } from "../../drive/raw.ts";
import { isAlive } from "../../internal/alive.ts";

/** Sends too many headers. */
export const hugeHeaders: Audit = {
  id: "protection/huge-headers",
  severity: "minor",
  title: "Huge headers are refused",
  why: "Headers are kept in memory before anything looks at them.",
  does: "Sends one header of 256 KiB, and 5000 headers.",
  passes: "Each is answered with a 4xx or closed, and the service goes on answering.",
  mend: {
    seaworthy:
      "Node.js refuses them by itself, and edge.guard(server) of @seaworthy/http answers with a problem document.",
    otherwise: "Keep --max-http-header-size small, and set server.maxHeadersCount.",
  },
  link: "https://www.rfc-editor.org/rfc/rfc6585#section-5",
  async run(run) {
    const { origin } = await run.target.instance();
    const begin = `GET / HTTP/1.1\r\nHost: ${origin.host}\r\nConnection: close\r\n`;
    const shapes = {
      "one header of 256 KiB": `X-Long: ${"a".repeat(262_144)}\r\n`,
      "5000 headers": Array.from({ length: 5000 }, (_, at) => `X-${at}: ${"v".repeat(60)}\r\n`).join(""),
    };
    for (const [name, headers] of Object.entries(shapes)) {
      const { text, isClosed } = await rawExchange(origin, `${begin}${headers}\r\n`, { wait: 5000 });
      run.evidence.note(`${name}: ${text.split("\r\n")[0] || "closed without an answer"}`);
      if (!isClosed && text === "") return fail(`With ${name}, nothing came back.`);
      if (/^HTTP\/1\.1 [25]/.test(text)) return fail(`With ${name}, the answer was ${text.slice(9, 12)}.`);
      if (!(await isAlive(run))) return fail(`After ${name}, the service no longer answers.`);
    }
    return pass("Both were refused.");
  },
};
