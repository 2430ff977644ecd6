import { createServer } from "node:http";
import { createIdempotency } from "@seaworthy/http";
import { edge, type NodeHandler, setRoute } from "@seaworthy/http/node";
import { contract } from "./contract.ts";
import { aborted, type Mount, mountRoutes, Orders, routes, type Subject, seen, thrown } from "./subject.ts";
import { wire } from "./wire.ts";

const subject: Subject = {
  name: "node:http",
  knowsMethods: false,
  async build({ edge: options, logger }) {
    const front = edge(options);
    const json = (response: Parameters<NodeHandler>[1], body: unknown): void =>
      void response.setHeader("content-type", "application/json").end(JSON.stringify(body));
    const orders = new Orders();
    const own = front.route(
      { idempotency: createIdempotency({ scope: "credentials", required: false }) },
      (_input, _request, response) =>
        response.writeHead(201, { "content-type": "application/json" }).end(`{"number":${++orders.made}}`),
    );
    const table: [string, RegExp, string, (match: RegExpExecArray, ...rest: Parameters<NodeHandler>) => unknown][] = [
      ["GET", /^\/$/, "/", (_, _request, response) => json(response, routes.hello)],
      ["GET", /^\/orders\/([^/]+)$/, "/orders/:id", ([, id], _request, response) => json(response, { id })],
      [
        "GET",
        /^\/api\/([^/]+)\/things\/([^/]+)$/,
        "/api/:version/things/:thing",
        ([, , thing], _request, response) => json(response, { thing }),
      ],
      [
        "GET",
        /^\/api\/([^/]+)\/fail\/([^/]+)$/,
        "/api/:version/fail/:thing",
        async () => {
          throw new Error("inside");
        },
      ],
      [
        "GET",
        /^\/throw\/(\w+)$/,
        "/throw/:kind",
        ([, kind = ""]) => {
          throw thrown(kind);
        },
      ],
      ["GET", /^\/reject\/(\w+)$/, "/reject/:kind", ([, kind = ""]) => Promise.reject(thrown(kind))],
      ["GET", /^\/context$/, "/context", async (_, _request, response) => json(response, await seen(logger))],
      [
        "POST",
        /^\/echo-context$/,
        "/echo-context",
        async (_, request, response) => {
          for await (const _chunk of request);
          json(response, await seen(logger));
        },
      ],
      ["POST", /^\/own$/, "/own", (_, ...pair) => own(...pair)],
      ["GET", /^\/hang$/, "/hang", () => aborted()],
      [
        "GET",
        /^\/vary$/,
        "/vary",
        (_, _request, response) => void response.writeHead(200, { Vary: "Accept-Language" }).end("v"),
      ],
      [
        "GET",
        /^\/coded$/,
        "/coded",
        (_, _request, response) => {
          response.setHeader("content-encoding", "gzip").setHeader("etag", '"1"');
          response.setHeader("content-disposition", "attachment");
          throw new Error("before the body");
        },
      ],
      [
        "GET",
        /^\/twice$/,
        "/twice",
        (_, _request, response) => {
          response.end("once");
          response.end("twice");
          response.write("thrice");
        },
      ],
      [
        "GET",
        /^\/late$/,
        "/late",
        (_, _request, response) => {
          response.end("done");
          throw new Error("too late");
        },
      ],
      [
        "GET",
        /^\/broken$/,
        "/broken",
        (_, _request, response) => {
          response.write("half");
          throw new Error("halfway");
        },
      ],
    ];
    const mount: Mount = (method, path, schemas, handler) => {
      const run = front.route(schemas, handler);
      const pattern = new RegExp(`^${path.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")}$`);
      table.push([method.toUpperCase(), pattern, path, ({ groups }, ...pair) => run(...pair, { ...groups })]);
    };
    mountRoutes(mount, orders, options);
    const server = createServer(
      front.handle((request, response) => {
        const path = (request.url ?? "").split("?", 1)[0] as string;
        for (const [method, pattern, template, handler] of table) {
          const match = request.method === method || request.method === "HEAD" ? pattern.exec(path) : null;
          if (match === null) continue;
          setRoute(request, template);
          return handler(match, request, response);
        }
        return front.notFound(request, response);
      }),
    );
    return { server, front };
  },
};

contract(subject);
wire(subject);
