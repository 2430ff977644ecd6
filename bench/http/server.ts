// One contestant: `server.ts <framework> <bare|usual|ours>`. Its log goes to standard output, which is /dev/null.
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expressServer } from "./express.ts";
import { fastifyServer } from "./fastify.ts";
import { honoServer } from "./hono.ts";
import { nodeServer } from "./node.ts";

const [framework = "", stack = ""] = process.argv.slice(2);
const makers: Record<string, (stack: string) => Promise<Server> | Server> = {
  "node:http": nodeServer,
  Express: expressServer,
  Fastify: fastifyServer,
  Hono: honoServer,
};
const server = await makers[framework]?.(stack);
if (server === undefined) throw new Error(`no framework ${framework}`);
const ready = (): void => void process.send?.({ port: (server.address() as AddressInfo).port });
if (server.listening) ready();
else server.listen(0, "127.0.0.1", ready);
process.on("message", () => process.send?.({ cpu: process.cpuUsage() }));
process.on("disconnect", () => process.exit(0));
