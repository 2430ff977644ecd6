import { describe, expect, test, vi } from "vitest";
import { sendInHops } from "./redirects.ts";

const first = "http://upstream.example/items";
const redirect = (location: string, status = 302): Response => new Response(null, { status, headers: { location } });

test("an answer that follows no redirect is returned as it is, and does not say that it was redirected", async () => {
  const answer = new Response("fine");
  const fetch = vi.fn(async () => answer);
  const found = await sendInHops({ fetch, input: first, init: {}, origins: undefined });
  expect(found).toBe(answer);
  expect(found.redirected).toBe(false);
  expect(found.url).toBe("");
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("an answer behind a redirect says that it was redirected, and from where it came", async () => {
  const answers = [redirect("/other"), new Response("fine")];
  const fetch = vi.fn(async () => answers.shift() as Response);
  const found = await sendInHops({ fetch, input: first, init: {}, origins: undefined });
  expect(found.redirected).toBe(true);
  expect(found.url).toBe("http://upstream.example/other");
});

/** What is sent after one redirect. */
async function second(
  location: string,
  init: RequestInit = {},
  status = 302,
): Promise<{ url: URL; sent: RequestInit }> {
  const answers = [redirect(location, status), new Response("fine")];
  const sent: [input: unknown, init: RequestInit | undefined][] = [];
  const fetch = async (input: unknown, options?: RequestInit): Promise<Response> => {
    sent.push([input, options]);
    return answers.shift() as Response;
  };
  await sendInHops({ fetch, input: `${first}#here`, init, origins: undefined });
  expect(sent).toHaveLength(2);
  return { url: sent[1]?.[0] as URL, sent: sent[1]?.[1] ?? {} };
}
const names = ({ headers }: RequestInit): string[] => [...new Headers(headers).keys()];

describe("a redirect", () => {
  test("keeps the fragment of its own Location, and otherwise that of the request", async () => {
    expect((await second("/other#there")).url.href).toBe("http://upstream.example/other#there");
    expect((await second("/other")).url.href).toBe("http://upstream.example/other#here");
  });

  test("to another origin carries no credentials", async () => {
    const headers = { authorization: "a", cookie: "b", "proxy-authorization": "c", host: "d", "x-kind": "e" };
    expect(names((await second("http://other.example/", { headers })).sent)).toEqual(["x-kind"]);
    expect(names((await second("http://upstream.example:81/", { headers })).sent)).toEqual(["x-kind"]);
    expect(names((await second("/other", { headers })).sent).sort()).toEqual(Object.keys(headers).sort());
  });

  test.each([
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [303, "POST", "GET"],
    [303, "PUT", "GET"],
    [303, "HEAD", "HEAD"],
    [301, "PUT", "PUT"],
    [302, "HEAD", "HEAD"],
    [307, "POST", "POST"],
    [308, "POST", "POST"],
  ])("with status %i of a %s is followed with %s", async (status, method, expected) => {
    const body = method === "HEAD" ? null : "text";
    const headers = { "content-type": "text/plain", "x-kind": "e" };
    const { sent } = await second("/other", { method, body, headers }, status);
    expect(sent.method).toBe(expected);
    expect(sent.body ?? null).toBe(expected === "GET" ? null : body);
    expect(names(sent)).toEqual(expected === "GET" ? ["x-kind"] : ["content-type", "x-kind"]);
  });

  test("is followed twenty times and not once more", async () => {
    let left = 20;
    const fetch = async (): Promise<Response> => (left-- > 0 ? redirect("/next") : new Response("fine"));
    const found = await sendInHops({ fetch, input: first, init: {}, origins: undefined });
    expect(await found.text()).toBe("fine");
    left = 21;
    await expect(sendInHops({ fetch, input: first, init: {}, origins: undefined })).rejects.toMatchObject({
      name: "TypeError",
      cause: { message: "there were more than 20 redirects" },
    });
  });

  test.each([
    ["ftp://upstream.example/", "a redirect leads to a URL that is not HTTP"],
    ["http://", "the Location of a redirect is not a URL"],
  ])("to %s is refused", async (location, message) => {
    const fetch = async (): Promise<Response> => redirect(location);
    await expect(sendInHops({ fetch, input: first, init: {}, origins: undefined })).rejects.toMatchObject({
      cause: { message },
    });
  });

  test.each([
    ["without a Location", new Response(null, { status: 302 })],
    ["whose status is not one of a redirect", redirect("/other", 304)],
  ])("%s is an answer", async (_, answer) => {
    const fetch = vi.fn(async () => answer);
    expect(await sendInHops({ fetch, input: first, init: {}, origins: undefined })).toBe(answer);
    expect(fetch).toHaveBeenCalledTimes(1);
  });
});
