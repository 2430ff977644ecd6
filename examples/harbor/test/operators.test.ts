import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Harbor, runHarbor, startHarbor } from "./harbor.ts";

const TOKEN = "a-token-for-this-test";
const headers = { authorization: `Bearer ${TOKEN}` };
let harbor: Harbor;
beforeAll(async () => {
  harbor = await startHarbor({ OPERATORS__TOKEN: TOKEN, LOG__LEVEL: "info", LOG__SLOW: "0ms" });
}, 60_000);
afterAll(() => harbor[Symbol.asyncDispose]());

describe("endpoints for operators", () => {
  test("the log level changes for a while for a caller with the token, and for no other caller", async () => {
    const change = (init: RequestInit): Promise<Response> =>
      fetch(`${harbor.url}/loglevel?level=debug&for=10m`, { method: "POST", ...init });
    for (const authorization of ["", TOKEN, `Bearer ${TOKEN}x`, "Bearer é"])
      expect((await change({ headers: { authorization } })).status, authorization).toBe(401);
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
      principalId: "operator",
    });
    expect(harbor.output()).not.toContain(TOKEN);
  });

  test("they do not exist without a token, and a token that is too short ends the process", async () => {
    await using other = await startHarbor();
    expect((await fetch(`${other.url}/loglevel`, { headers })).status).toBe(404);
    expect((await fetch(`${other.url}/debug/logs`, { headers })).status).toBe(404);
    const { code, output } = await runHarbor({ OPERATORS__TOKEN: "too-short" });
    expect(code).toBe(1);
    expect(output).toContain("OPERATORS__TOKEN");
  }, 60_000);
});
