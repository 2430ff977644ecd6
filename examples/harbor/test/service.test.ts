import { execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, type Harbor, runHarbor, startHarbor } from "./harbor.ts";

let harbor: Harbor;
beforeAll(async () => {
  harbor = await startHarbor();
}, 60_000);
afterAll(() => harbor[Symbol.asyncDispose]());

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(harbor.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const json = async (response: Response): Promise<Record<string, unknown>> =>
  (await response.json()) as Record<string, unknown>;
const mood = (mode: string): Promise<Response> => fetch(`${harbor.upstreamUrl}/mode/${mode}`, { method: "POST" });

describe("tasks", () => {
  test("a task is classified by the upstream and can be read again", async () => {
    const created = await post("/tasks", { text: "A leak in hold 3, urgent" });
    expect(created.status).toBe(201);
    const task = await json(created);
    expect(task).toMatchObject({ label: "urgent", answeredBy: "model" });
    const read = await fetch(harbor.url + created.headers.get("location"));
    expect(await json(read)).toEqual(task);
  });

  test("tasks are paged, and a limit beyond 1000 or in another notation is refused", async () => {
    await post("/tasks", { text: "calm" });
    expect(await json(await fetch(`${harbor.url}/tasks?skip=0&limit=1`))).toMatchObject({
      skip: 0,
      limit: 1,
      items: [expect.anything()],
    });
    for (const query of ["limit=1001", "limit=1e3", "limit=0x10", "limit=-1", "limit=1&limit=2", "skip=x"]) {
      expect((await fetch(`${harbor.url}/tasks?${query}`)).status, query).toBe(422);
    }
  });

  test("tasks can be listed by their status, and an unknown status is refused", async () => {
    await post("/tasks", { text: "calm" });
    const classified = await json(await fetch(`${harbor.url}/tasks?status=classified`));
    expect(classified).toMatchObject({ status: "classified", items: expect.arrayContaining([expect.anything()]) });
    expect(classified.items).toSatisfy((items: { status: string }[]) =>
      items.every(({ status }) => status === "classified"),
    );
    const { total } = await json(await fetch(`${harbor.url}/tasks`));
    const provisional = await json(await fetch(`${harbor.url}/tasks?status=provisional`));
    expect((classified.total as number) + (provisional.total as number)).toBe(total);
    expect((await fetch(`${harbor.url}/tasks?status=lost`)).status).toBe(422);
  });

  test("an upstream that fails is covered by the rule, which says so; the breaker opens and closes again, and readiness stays", async () => {
    await mood("failing");
    const stood = await json(await post("/tasks", { text: "fire" }));
    expect(stood).toMatchObject({ answeredBy: "rule", label: "urgent" });
    for (let i = 0; i < 5; i++) await post("/tasks", { text: "again" });
    const degraded = await eventually(
      async () => json(await fetch(`${harbor.url}/healthz`)),
      ({ status }) => status === "degraded",
    );
    expect(degraded.checks).toHaveProperty("classifier");
    expect((await fetch(`${harbor.url}/readyz`)).status).toBe(200);
    expect((await fetch(`${harbor.url}/livez`)).status).toBe(200);
    await mood("healthy");
    let probe = 0;
    const model = await eventually(
      async () => json(await post("/tasks", { text: `calm ${++probe}` })), // an answer that is kept would not probe
      ({ answeredBy }) => answeredBy === "model",
    );
    expect(model.label).toBe("routine");
    await eventually(
      async () => json(await fetch(`${harbor.url}/healthz`)),
      ({ status }) => status === "healthy",
    );
  });
});

test("an address may log in five times in 60 seconds; an answer of the classifier is kept while the upstream fails", async () => {
  await using other = await startHarbor({ LIMITS__LOGINS: "5" });
  const ask = async (path: string, body: object): Promise<[number, Record<string, unknown>, Headers]> => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(other.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return [response.status, await json(response), response.headers];
  };
  const guess = { email: "ada@example.com", password: "a wrong guess" };
  // The first login loads the hash function, so that a slow machine may be overloaded for a moment.
  const codes: unknown[] = [];
  const [, problem, headers] = await eventually(
    async () => {
      const answer = await ask("/auth/login", guess);
      codes.push(answer[1].code);
      return answer;
    },
    ([status]) => status === 429,
  );
  const guesses = codes.filter((code) => code === "AUTH_INVALID_CREDENTIALS");
  expect(guesses.length).toBeGreaterThan(0);
  expect(guesses.length).toBeLessThanOrEqual(5);
  expect(codes.length).toBeGreaterThan(5);
  expect(JSON.stringify(problem)).toContain("5-per-60s");
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await ask("/tasks", { text: "seen before" }))[1]).toMatchObject({ answeredBy: "model" });
  await fetch(`${other.upstreamUrl}/mode/failing`, { method: "POST" });
  expect((await ask("/tasks", { text: "seen before" }))[1]).toMatchObject({ answeredBy: "model" });
  expect((await ask("/tasks", { text: "never seen" }))[1]).toMatchObject({ answeredBy: "rule" });
}, 120_000);

test("a call that the upstream fails is made three times with one idempotency key, before the rule answers", async () => {
  await using other = await startHarbor({ UPSTREAM__FAILURE_RATE: "1" });
  const answer = await fetch(`${other.url}/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": "three-times" },
    body: '{"text":"fire"}',
  });
  expect(((await answer.json()) as { answeredBy: string }).answeredBy).toBe("rule");
  const attempts = other
    .lines()
    .filter(({ event, correlationId }) => event === "resilience.attempt" && correlationId === "three-times");
  expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
});

test("a classification that takes log.slow or longer is logged as a warning", async () => {
  await using other = await startHarbor({ LOG__SLOW: "0ms" });
  await fetch(`${other.url}/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": "slow-one" },
    body: '{"text":"calm"}',
  });
  const warning = await eventually(
    async () => other.lines().find(({ correlationId, slow }) => correlationId === "slow-one" && slow === true),
    (line) => line !== undefined,
  );
  expect(warning).toMatchObject({ operation: "classify", slowAfterMs: 0, msg: "classify finished slowly" });
});

describe("embeddings", () => {
  test("vectors are stored and the nearest are found", async () => {
    await post("/embeddings", { id: "east", vector: [1, 0, 0, 0, 0, 0, 0, 0] });
    await post("/embeddings", { id: "north", vector: [0, 1, 0, 0, 0, 0, 0, 0] });
    const { matches } = await json(
      await post("/embeddings/search", { vector: [0.9, 0.1, 0, 0, 0, 0, 0, 0], limit: 1 }),
    );
    expect(matches).toEqual([{ id: "east", similarity: expect.closeTo(0.994, 2) }]);
  });

  test.each([
    ["a wrong dimension", [1, 2, 3]],
    ["a component that is not a number", [1, 2, 3, 4, 5, 6, 7, "x"]],
    ["null, which JSON writes for NaN", [1, 2, 3, 4, 5, 6, 7, null]],
    ["the zero vector", [0, 0, 0, 0, 0, 0, 0, 0]],
  ])("%s is refused with the place of the problem", async (_what, vector) => {
    const refused = await post("/embeddings", { id: "bad", vector });
    expect(refused.status).toBe(422);
    expect(await json(refused)).toMatchObject({
      code: expect.stringMatching(/INVALID|VALIDATION/),
      issues: [{ path: expect.stringMatching(/^\/vector/) }],
    });
  });

  test("an infinite component is refused", async () => {
    expect((await post("/embeddings", '{"id":"inf","vector":[1e999,0,0,0,0,0,0,0]}')).status).toBe(422);
  });
});

describe("problems", () => {
  test.each([
    ["an unknown path", () => fetch(`${harbor.url}/nowhere`), 404],
    ["a path that cannot be decoded", () => fetch(`${harbor.url}/tasks/%E0%A4%A`), 404],
    ["an unknown task", () => fetch(`${harbor.url}/tasks/none`), 404],
    ["a body that is not JSON", () => post("/tasks", "{"), 400],
    ["a body that is too large", () => post("/tasks", { text: "x".repeat(200_000) }), 413],
    ["an unknown member", () => post("/tasks", { text: "x", admin: true }), 422],
    ["no body at all", () => fetch(`${harbor.url}/tasks`, { method: "POST" }), 422],
  ])("%s is answered as problem+json", async (_what, ask, status) => {
    const response = await ask();
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    const problem = await json(response);
    expect(problem).toMatchObject({
      status,
      title: expect.any(String),
      code: expect.stringMatching(/^HARBOR_|^HTTP_|^VALIDATION_/),
      correlationId: response.headers.get("x-request-id"),
    });
    expect(JSON.stringify(problem)).not.toMatch(/node_modules|at .*\.ts/);
  });
});

describe("context", () => {
  test("a safe request id is kept and is in the log lines of that request; an unsafe one is replaced", async () => {
    const kept = await post(
      "/tasks",
      { text: "hello" },
      { "x-request-id": "trip-42", traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
    );
    expect(kept.headers.get("x-request-id")).toBe("trip-42");
    const lines = await eventually(
      async () => harbor.lines().filter((line) => line.correlationId === "trip-42"),
      (found) => found.length > 0,
    );
    expect(lines.every((line) => line.traceId === "0af7651916cd43dd8448eb211c80319c")).toBe(true);
    const replaced = await fetch(harbor.url, { headers: { "x-request-id": "a b;c" } });
    expect(replaced.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("credentials", () => {
  test("the upstream's key comes from a vault that only its owner can read, and is nowhere in the output", async () => {
    const vault = join(harbor.directory, "vault", "harbor.vault");
    expect(existsSync(vault)).toBe(true);
    expect(statSync(vault).mode & 0o777).toBe(0o600);
    expect(harbor.output()).not.toMatch(/Bearer/);
  });
});

describe("metrics", () => {
  test("requests and the policy's events are series", async () => {
    const text = await (await fetch(`${harbor.url}/metrics`)).text();
    expect(text).toMatch(/^http_request_duration_seconds_count\{.*route="\/tasks".*\} \d+/m);
    expect(text).toMatch(/^resilience_/m);
  });
});

describe("the process", () => {
  test("the printed commands submit a task, open the breaker, heal it and show the health", async () => {
    const commands = harbor
      .output()
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => /^(curl|for) /.test(line));
    const run = promisify(execFile);
    const [submit = "", fail = "", again = "", heal = "", watch = ""] = commands;
    const sh = async (command: string): Promise<string> => (await run("sh", ["-c", command])).stdout;
    expect(await sh(submit)).toContain('"label":"urgent"');
    expect(await sh(fail)).toBe('{"mode":"failing"}\n');
    expect((await sh(again)).match(/"answeredBy":"rule"/g)).toHaveLength(6);
    expect(await sh(watch)).toContain('"status":"degraded"');
    expect(await sh(heal)).toBe('{"mode":"healthy"}\n');
  });

  test("a bad configuration ends it at once with every problem and its variable, and no listener", async () => {
    const { code, output } = await runHarbor({ HTTP__PORT: "0x10", UPSTREAM__TIMEOUT: "soon" });
    expect(code).toBe(1);
    expect(output).toContain("HTTP__PORT");
    expect(output).toContain("UPSTREAM__TIMEOUT");
    expect(output).not.toContain("listens on");
  });

  test("on SIGTERM a running request is answered, the upstream goes too, and the exit code is 0", async () => {
    await using other = await startHarbor({ UPSTREAM__TIMEOUT: "3s" });
    await fetch(`${other.upstreamUrl}/mode/hanging`, { method: "POST" });
    const running = fetch(`${other.url}/tasks`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"text":"fire"}',
    });
    // Nothing tells from outside that the request has arrived; if it has not, the drain delay still lets it in.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const code = await other.stop();
    expect((await running).status).toBe(201);
    expect(code).toBe(0);
    await expect(fetch(`${other.upstreamUrl}/health`)).rejects.toThrow();
  }, 120_000);

  test("starts again from the same data, and hides the details of health if it is configured to", async () => {
    await using first = await startHarbor();
    const submit = { method: "POST", headers: { "content-type": "application/json" }, body: '{"text":"x"}' };
    const { headers } = await fetch(`${first.url}/tasks`, submit);
    expect(await (await fetch(`${first.url}/healthz`)).text()).toContain('"data"');
    const vault = join(first.directory, "vault", "harbor.vault");
    const before = statSync(vault).ino;
    expect(await first.stop()).toBe(0);
    await using again = await startHarbor({ DATA__DIRECTORY: first.directory, HEALTH__DETAILS: "never" });
    const hidden = await (await fetch(`${again.url}/healthz`)).text();
    expect(hidden).toContain('"status":"healthy"');
    expect(hidden).not.toContain('"data"');
    expect((await fetch(again.url + headers.get("location"))).status).toBe(200);
    expect(await json(await fetch(`${again.url}/tasks`, submit))).toMatchObject({ answeredBy: "model" });
    expect(statSync(vault).ino).toBe(before);
  }, 120_000);
});
