import type { AuditEntry, AuditSink, Principal } from "@seaworthy/core";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import type { EdgeOptions } from "@seaworthy/http";
import { expect, test, vi } from "vitest";
import { ask, post, type Sent, type Subject, start, until } from "./subject.ts";

const authenticate: NonNullable<EdgeOptions["authenticate"]> = (request) => {
  const id = request.header("authorization");
  return id === undefined ? undefined : { id, roles: id === "clerk" ? ["refunds:write"] : [] };
};
const can = ({ id, roles = [] }: Principal, permission: string): boolean => {
  if (id === "broken") throw new Error("the roles are gone");
  return id === "truthy" ? (1 as unknown as boolean) : roles.includes(permission);
};

/** Permissions, cookies, requests of other sites, and priorities under overload. */
export function access(subject: Subject): void {
  test("a route with a permission is for principals who have it: 401 and 403 otherwise, before its input is looked at", async () => {
    using telemetry = captureTelemetry();
    const entries: AuditEntry[] = [];
    const audit: AuditSink = { record: async (entry) => void entries.push(entry) };
    await using running = await start(subject, { edge: { authenticate, can, audit } });
    const refund = (caller?: string, body: unknown = { name: "x" }): Promise<Sent> =>
      ask(
        running,
        "/refunds",
        post(body, caller === undefined ? {} : { authorization: caller, "user-agent": "a test" }),
      );
    expect((await refund("clerk")).json).toEqual({ name: "x" });
    expect(entries).toEqual([]);
    const anonymous = await refund(undefined, { name: 1 });
    expect([anonymous.status, anonymous.json.code]).toEqual([401, "HTTP_UNAUTHENTICATED"]);
    expect(anonymous.headers.get("www-authenticate")).toBe("Bearer");
    const forbidden = await refund("anna", { name: 1 });
    expect([forbidden.status, forbidden.json.code]).toEqual([403, "HTTP_FORBIDDEN"]);
    expect(forbidden.text).not.toContain("refunds:write");
    expect((await refund("truthy")).status).toBe(403);
    expect((await refund("broken")).status).toBe(500);
    expect(telemetry.of("http.denied").map(({ labels }) => labels)).toEqual([
      { permission: "refunds:write", reason: "unauthenticated" },
      { permission: "refunds:write", reason: "forbidden" },
      { permission: "refunds:write", reason: "forbidden" },
    ]);
    expect(entries.map(({ actor }) => actor)).toEqual([undefined, "anna", "truthy"]);
    expect(entries[1]).toEqual({
      type: "http.access",
      outcome: "denied",
      actor: "anna",
      data: { permission: "refunds:write", method: "POST", path: "/refunds" },
      correlationId: forbidden.headers.get("x-request-id"),
      address: "127.0.0.1",
      userAgent: "a test",
    });
  });

  test("an audit trail that fails or hangs does not change the refusal, and its failure is an event", async () => {
    using telemetry = captureTelemetry();
    const fail = vi.fn<AuditSink["record"]>(() => Promise.reject(new Error("the trail is gone")));
    fail.mockImplementationOnce(() => {
      throw new Error("at once");
    });
    fail.mockImplementationOnce(() => new Promise(() => undefined));
    await using running = await start(subject, { edge: { authenticate, can, audit: { record: fail } } });
    for (let i = 0; i < 3; i++) expect((await ask(running, "/refunds", post({ name: "x" }))).status).toBe(401);
    await until(() => telemetry.of("http.audit").length === 2, "the events of the failures");
    expect(telemetry.of("http.audit").map(({ labels }) => labels)).toEqual([
      { outcome: "failed" },
      { outcome: "failed" },
    ]);
  });

  test("several cookies are set at once, each in a header of its own", async () => {
    await using running = await start(subject);
    const { status, headers } = await ask(running, "/login", { method: "POST" });
    expect(status).toBe(204);
    expect(headers.getSetCookie()).toEqual([
      "__Host-session=abc; Path=/; Secure; HttpOnly; SameSite=Lax",
      "__Host-theme=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Secure; HttpOnly; SameSite=Lax",
    ]);
  });

  test("pages of other sites cannot send requests with cookies, unless their origin is listed", async () => {
    using telemetry = captureTelemetry();
    const cors = { origins: ["https://app.example.com"], credentials: true };
    const crossSite = { origins: ["https://partner.example"], bypass: ["/login"] };
    await using running = await start(subject, { edge: { cors, crossSite } });
    const from = (origin: string, path = "/echo", site = "cross-site"): Promise<Sent> =>
      ask(running, path, post({ name: "x" }, { cookie: "session=1", origin, "sec-fetch-site": site }));
    const refused = await from("https://evil.example");
    expect([refused.status, refused.json.code]).toEqual([403, "HTTP_CROSS_SITE_REQUEST"]);
    expect((await from("https://blog.example", "/echo", "same-site")).status).toBe(403);
    expect((await from("null")).status).toBe(403);
    expect((await from("https://partner.example")).status).toBe(200);
    expect((await from("https://app.example.com")).status).toBe(200);
    expect((await from(running.url, "/echo", "same-origin")).status).toBe(200);
    expect((await from("https://evil.example", "/login")).status).toBe(204);
    expect(telemetry.of("http.rejected").map(({ labels }) => labels.reason)).toEqual(Array(3).fill("cross_site"));
    const older = { cookie: "session=1", origin: "https://evil.example" };
    expect((await ask(running, "/echo", post({ name: "x" }, older))).status).toBe(403);
    expect((await ask(running, "/echo", post({ name: "x" }, { ...older, origin: running.url }))).status).toBe(200);
    expect((await ask(running, "/echo", post({ name: "x" }, { origin: "https://evil.example" }))).status).toBe(200);
  });

  test("with crossSite false they can", async () => {
    await using running = await start(subject, { edge: { crossSite: false } });
    const headers = { cookie: "session=1", origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect((await ask(running, "/echo", post({ name: "x" }, headers))).status).toBe(200);
  });

  test("under overload background requests are refused first, critical ones last, and probes never", async () => {
    using telemetry = captureTelemetry();
    const clock = manualClock();
    let pool = 0;
    const priority = { "/orders": "critical", "/search": "background" } as const;
    await using running = await start(subject, { edge: { clock, shed: { priority, signals: { pool: () => pool } } } });
    const statuses = async (load: number): Promise<number[]> => {
      pool = load;
      await clock.advance("50ms");
      const paths = ["/search", "/", "/orders/7", "/livez"];
      return Promise.all(paths.map(async (path) => (await ask(running, path)).status));
    };
    expect(await statuses(0.49)).toEqual([200, 200, 200, 200]);
    expect(await statuses(0.5)).toEqual([503, 200, 200, 200]);
    expect(await statuses(0.8)).toEqual([503, 503, 200, 200]);
    expect(await statuses(1)).toEqual([503, 503, 503, 200]);
    expect(telemetry.of("http.rejected")[0]?.details).toMatchObject({ priority: "background", signal: "pool" });
  });
}
