import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** Answers of a scripted Redis: what a command gets, as RESP2 text, with its words joined by blanks as the key. */
export type RedisScript = (words: string[]) => string | undefined;

/** A scripted Redis server, for replies that a plain one cannot be brought to give. */
export interface ScriptedRedis extends AsyncDisposable {
  readonly url: string;
  readonly heard: string[];
}

const GREETING = ["HELLO", "CLIENT", "SELECT", "READONLY", "AUTH", "QUIT"];

/** Starts it on a port of its own. Commands that the script does not know are unknown commands, as on a real server. */
export async function startScriptedRedis(script: RedisScript): Promise<ScriptedRedis> {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const answer = (words: string[]): string => {
    const name = (words[0] as string).toUpperCase();
    heard.push(words.join(" "));
    if (name === "HELLO") return "-ERR unknown command 'HELLO'\r\n";
    if (name === "INFO") return bulk("redis_version:7.0.0\r\nloading:0\r\n");
    if (name === "PING") return "+PONG\r\n";
    return script(words) ?? (GREETING.includes(name) ? "+OK\r\n" : `-ERR unknown command '${words[0]}', with args\r\n`);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    let pending = "";
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      pending += data;
      for (let next = firstCommand(pending); next !== undefined; next = firstCommand(pending)) {
        pending = pending.slice(next.length);
        socket.write(answer(next.words));
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `redis://127.0.0.1:${port}`,
    heard,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** A list of names and values, the way FT.INFO writes it in RESP2. */
export function pairs(fields: Record<string, string | number>): string {
  const items = Object.entries(fields).flatMap(([name, value]) => [
    bulk(name),
    typeof value === "number" ? `:${value}\r\n` : bulk(value),
  ]);
  return `*${items.length}\r\n${items.join("")}`;
}

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

function firstCommand(text: string): { words: string[]; length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return undefined;
  let at = head[0].length;
  const words: string[] = [];
  for (let i = 0; i < Number(head[1]); i++) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (size === null) return undefined;
    at += size[0].length;
    const end = at + Number(size[1]);
    if (text.length < end + 2) return undefined;
    words.push(text.slice(at, end));
    at = end + 2;
  }
  return { words, length: at };
}
