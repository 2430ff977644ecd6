import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { administrator, bearer, type Harbor, newAccount, startHarbor } from "./harbor.ts";

let headers: { authorization: string };
let harbor: Harbor;
beforeAll(async () => {
  harbor = await startHarbor({ LOG__LEVEL: "info", LOG__SLOW: "0ms" });
  headers = await administrator(harbor);
}, 60_000);
afterAll(() => harbor[Symbol.asyncDispose]());

describe("endpoints for operators", () => {
  test("the log level changes for a while for an administrator, and for no other caller", async () => {
    const change = (init: RequestInit): Promise<Response> =>
      fetch(`${harbor.url}/loglevel?level=debug&for=10m`, { method: "POST", ...init });
    for (const authorization of [headers.authorization.slice(7), `${headers.authorization}x`, "Bearer é"])
      expect((await change({ headers: { authorization } })).status, authorization).toBe(401);
    const member = bearer(await newAccount(harbor, "member@example.com"));
    expect((await change({ headers: member })).status).toBe(403);
    expect((await change({})).status).toBe(401);
    expect(await (await fetch(`${harbor.url}/loglevel`, { headers })).json()).toEqual({ level: "info" });
    const changed: unknown = await (await change({ headers })).json();
    expect(changed).toEqual({ level: "debug", until: expect.any(String), returnsTo: "info" });
  });

  test("the live log has the lines of a request, with the id of its principal", async () => {
    expect((await fetch(`${harbor.url}/debug/logs`)).status).toBe(401);
    const log = await fetch(`${harbor.url}/debug/logs?level=warn`, { headers });
    const reader = log.body?.pipeThrough(new TextDecoderStream()).getReader();
    const sent = { ...headers, "content-type": "application/json", "x-request-id": "followed" };
    await fetch(`${harbor.url}/tasks`, { method: "POST", headers: sent, body: '{"text":"calm"}' });
    let text = "";
    while (!text.includes('classify finished slowly"}\n')) text += (await reader?.read())?.value ?? "";
    await reader?.cancel();
    const line = text.split("\n").find((data) => data.includes("finished slowly"));
    expect(JSON.parse(line?.replace(/^data: /, "") ?? "")).toMatchObject({
      correlationId: "followed",
      principalId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(harbor.output()).not.toContain(headers.authorization.slice(7));
  });
});
