import "reflect-metadata";
import type { Server } from "node:http";
import { Controller, Get, type INestApplication, Module, Param, Post, Res } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import {
  createIdempotency,
  type EdgeHandle,
  type EdgeOptions,
  type RouteInput,
  type RouteSchemas,
} from "@seaworthy/http";
import type { ExpressEdge } from "@seaworthy/http/express";
import { EDGE, EdgeModule } from "@seaworthy/http/nest";
import type { Response } from "express";
import type { FastifyReply } from "fastify";
import { contract } from "./contract.ts";
import { aborted, mountRoutes, Orders, routes, type Setup, type Subject, seen, thrown } from "./subject.ts";

type Answering = Response | FastifyReply;

/** Decorators as functions: the test runner's compiler keeps no types for them, and needs no special syntax so. */
function decorate(
  target: object,
  name: string,
  method: MethodDecorator,
  parameters: readonly ParameterDecorator[],
): void {
  method(target, name, Object.getOwnPropertyDescriptor(target, name) as PropertyDescriptor);
  for (const [i, parameter] of parameters.entries()) parameter(target, name, i);
}

function controllerOf({ logger }: Setup): new () => object {
  class Routes {
    hello(): object {
      return routes.hello;
    }
    order(id: string): object {
      return { id };
    }
    thing(thing: string): object {
      return { thing };
    }
    async inside(): Promise<never> {
      throw new Error("inside");
    }
    throws(kind: string): never {
      throw thrown(kind);
    }
    rejects(kind: string): Promise<never> {
      return Promise.reject(thrown(kind));
    }
    context(): Promise<unknown> {
      return seen(logger);
    }
    async hang(): Promise<void> {
      await aborted();
    }
    vary(response: Answering): void {
      response.header("Vary", "Accept-Language").send("v");
    }
    coded(response: Answering): void {
      response.header("content-encoding", "gzip").header("etag", '"1"').header("content-disposition", "attachment");
      throw new Error("before the body");
    }
    twice(response: Answering): void {
      response.send("once");
      response.send("twice");
    }
    late(response: Answering): void {
      response.send("done");
      throw new Error("too late");
    }
    broken(response: Answering): void {
      ("raw" in response ? response.raw : response).write("half");
      throw new Error("halfway");
    }
  }
  const { prototype } = Routes;
  decorate(prototype, "hello", Get("/"), []);
  decorate(prototype, "order", Get("/orders/:id"), [Param("id")]);
  decorate(prototype, "thing", Get("/api/:version/things/:thing"), [Param("thing")]);
  decorate(prototype, "inside", Get("/api/:version/fail/:thing"), []);
  decorate(prototype, "throws", Get("/throw/:kind"), [Param("kind")]);
  decorate(prototype, "rejects", Get("/reject/:kind"), [Param("kind")]);
  decorate(prototype, "context", Get("/context"), []);
  const echo = Object.getOwnPropertyDescriptor(prototype, "context") as PropertyDescriptor;
  Object.defineProperty(prototype, "echoContext", { ...echo, value: () => seen(logger) });
  decorate(prototype, "echoContext", Post("/echo-context"), []);
  decorate(prototype, "hang", Get("/hang"), []);
  for (const name of ["vary", "coded", "twice", "late", "broken"]) decorate(prototype, name, Get(`/${name}`), [Res()]);
  Controller()(Routes);
  return Routes;
}

/** A route of the edge as a method of a controller, which hands it the platform's own request and response. */
function routeController(
  front: ExpressEdge,
  orders: Orders,
  edge: EdgeOptions | undefined,
): readonly [method: "get" | "post", path: string, handler: unknown][] {
  const made: ["get" | "post", string, unknown][] = [];
  const mount = <const S extends RouteSchemas>(
    method: "get" | "post",
    path: string,
    schemas: S,
    handler: (input: RouteInput<S>) => unknown,
  ): void => void made.push([method, path, front.route(schemas, handler)]);
  mountRoutes(mount, orders, edge);
  const idempotency = createIdempotency({ scope: "credentials", required: false });
  made.push([
    "post",
    "/own",
    front.route({ idempotency }, (_input, _request, response) => {
      const answering = response as unknown as Answering;
      return ("raw" in answering ? answering.code(201) : answering.status(201)).send({ number: ++orders.made });
    }),
  ]);
  return made;
}

const subject = (name: string, platform: () => ExpressAdapter | FastifyAdapter): Subject => ({
  name,
  hasOwnParser: true,
  answersUndecodable: name.endsWith("Fastify"),
  async build(setup) {
    const orders = new Orders();
    const Root = class {};
    Module({ imports: [EdgeModule.forRoot(setup.edge)], controllers: [controllerOf(setup)] })(Root);
    const app: INestApplication = await NestFactory.create(Root, platform() as ExpressAdapter, { logger: false });
    const front = app.get<ExpressEdge>(EDGE);
    const instance = app.getHttpAdapter().getInstance();
    for (const [method, path, handler] of routeController(front, orders, setup.edge)) instance[method](path, handler);
    await app.listen(0, "127.0.0.1");
    const server = app.getHttpServer() as Server;
    return { server, front: front as EdgeHandle, close: () => app.close() };
  },
});

contract(subject("NestJS on Express", () => new ExpressAdapter()));
contract(subject("NestJS on Fastify", () => new FastifyAdapter({ forceCloseConnections: true })));
