import { type Audit, fail, pass } from "../../audit.ts";
import { rawExchange } from "../../drive/raw.ts";

/** Sends requests whose length two servers may understand differently. */
export const smuggling: Audit = {
  id: "protection/smuggling",
  severity: "major",
  title: "Requests with an ambiguous length are refused",
  why: "If a proxy and the service disagree about where a request ends, an attacker writes the next user's request.",
  does: "Sends six malformed requests: two lengths, a length beside chunks, obscured transfer encodings, a bare line feed, two hosts.",
  passes: "Each is answered with a 4xx or 501, or the connection is closed, and none gets two answers.",
  mend: {
    seaworthy: "Node.js refuses most of them by itself, and edge.guard(server) of @seaworthy/http the others.",
    otherwise: "Do not start Node.js with --insecure-http-parser.",
  },
  link: "https://portswigger.net/web-security/request-smuggling",
  async run({ target, evidence }) {
    const { origin } = await target.instance();
    const begin = `POST / HTTP/1.1\r\nHost: ${origin.host}\r\n`;
    const inner = `GET /smuggled HTTP/1.1\r\nHost: ${origin.host}\r\n\r\n`;
    const shapes: Readonly<Record<string, string>> = {
      "two lengths": `${begin}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`,
      "a length beside chunks": `${begin}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
      "an unknown transfer encoding": `${begin}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${inner}`,
      "a space before the colon": `${begin}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${inner}`,
      "a negative length": `${begin}Content-Length: -1\r\n\r\n${inner}`,
      "two hosts": `GET / HTTP/1.1\r\nHost: ${origin.host}\r\nHost: other.example\r\n\r\n`,
    };
    const complaints: string[] = [];
    for (const [name, text] of Object.entries(shapes)) {
      const answer = await rawExchange(origin, text, { wait: 1500 });
      const statuses = [...answer.text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
      evidence.note(`${name}: ${statuses.join(", ") || (answer.isClosed ? "closed" : "nothing")}`);
      const [first = 400] = statuses;
      if (statuses.length > 1) complaints.push(`${name} got ${statuses.length} answers`);
      else if (first < 400 || (first >= 500 && first !== 501)) complaints.push(`${name} got ${first}`);
    }
    return complaints.length > 0
      ? fail(`${complaints.join("; ")}.`)
      : pass(`All ${Object.keys(shapes).length} were refused.`);
  },
};
