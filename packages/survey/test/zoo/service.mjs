// A service on nothing but Node.js that passes every audit. With FLAW=<id of an audit> it has the one fault that this audit
// looks for.
import { spawn } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { gunzipSync } from "node:zlib";

const flaw = process.env.FLAW ?? "";
const is = (id) => flaw === id;
const DRAIN = Number(process.env.DRAIN ?? 5500);

const write = (line) => process.stdout.write(`${line}\n`);
function log(level, msg, more = {}) {
  write(JSON.stringify({ time: new Date().toISOString(), level, msg, ...more }));
}
process.on("unhandledRejection", (error) => {
  if (is("observability/unhandled-rejection")) process.stderr.write(`oops ${error}\n    at nowhere\n`);
  else log("fatal", "unhandled rejection", { error: String(error) });
  process.exit(1);
});

// Configuration
const problems = [];
const known = ["SESSION_SECRET", "API_TOKEN"];
const WEAK = ["changeme", "secret", "password"];
for (const name of known) {
  const value = process.env[name] ?? "";
  const isGood = value.length >= 16 && !WEAK.includes(value);
  if (isGood || is("start/refuses-missing-secret")) continue;
  const near = Object.keys(process.env).find(
    (other) => other !== name && [...other].sort().join("") === [...name].sort().join(""),
  );
  const hint = near === undefined || is("start/mistyped-variable") ? "" : ` (is ${near} mistyped?)`;
  problems.push(`${name} must have at least 16 characters${hint}`);
}
if (is("start/no-secret-in-output")) log("info", `starting with ${process.env.SESSION_SECRET}`);
if (problems.length > 0) {
  log("fatal", is("start/all-missing-at-once") ? problems[0] : problems.join("; "));
  process.exit(1);
}
const PID_FILE = process.env.PID_FILE;
if (is("start/after-kill") && PID_FILE !== undefined) {
  if (existsSync(PID_FILE)) {
    log("fatal", "another process runs already");
    process.exit(1);
  }
  writeFileSync(PID_FILE, String(process.pid));
  process.on("exit", () => rmSync(PID_FILE, { force: true }));
}
if (is("shutdown/leaves-nothing")) spawn("sleep", ["30"], { stdio: "ignore" });

// Dependencies
const database = new URL(process.env.DATABASE_URL);
process.on("uncaughtException", (error) => {
  log("fatal", "uncaught", { error: String(error) });
  process.exit(1);
});

/** Sends "ping" and expects "pong". */
function ping() {
  return new Promise((resolve) => {
    const socket = connect(Number(database.port), database.hostname);
    const end = (ok) => {
      socket.destroy();
      resolve(ok);
    };
    if (!is("health/hung-dependency")) socket.setTimeout(800, () => end(false));
    if (!is("dependencies/cut-answer")) socket.on("error", () => end(false));
    socket.on("close", () => end(false));
    socket.on("connect", () => socket.write("ping\n"));
    socket.on("data", (data) => end(String(data) === "pong\n"));
  });
}
let last = { at: 0, result: Promise.resolve(true) };
let everDown = false;
async function isReachable() {
  if (is("health/probe-storm")) return ping();
  if (Date.now() - last.at > 300) last = { at: Date.now(), result: ping() };
  const ok = await last.result;
  if (!ok) everDown = true;
  return is("health/recovers") && everDown ? false : ok;
}

const upstream = process.env.UPSTREAM_URL;
const held = [];
function callUpstream() {
  return new Promise((resolve, reject) => {
    const outgoing = request(upstream, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve(text));
      response.on("error", reject);
      response.on("aborted", () => reject(new Error("aborted")));
    });
    if (!is("dependencies/hanging-upstream")) outgoing.setTimeout(700, () => outgoing.destroy(new Error("timeout")));
    outgoing.on("error", reject);
    outgoing.end();
  });
}
let openUntil = 0;
async function relay() {
  if (is("dependencies/recovering-upstream") && everFailed) throw new Error("never again");
  if (Date.now() < openUntil) throw new Error("open");
  try {
    return await callUpstream();
  } catch (error) {
    everFailed = true;
    if (is("dependencies/retries-bounded")) for (let i = 0; i < 3; i++) await callUpstream().catch(() => undefined);
    else openUntil = Date.now() + 200;
    throw error;
  }
}
let everFailed = false;

// Metrics
const counts = new Map();
const count = (key) => counts.set(key, (counts.get(key) ?? 0) + 1);
function metrics() {
  if (is("observability/metrics-parse")) return "# TYPE http_requests_total counter\nhttp_requests_total{path=/} 1\n";
  const lines = ["# HELP http_requests_total Answers.", "# TYPE http_requests_total counter"];
  for (const [key, value] of counts) lines.push(`http_requests_total${key} ${value}`);
  return `${lines.join("\n")}\n`;
}

// Requests
let isDraining = false;
const failures = new Map();
const recent = new Map();
const leaked = [];

const HEADERS = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

async function readBody(incoming) {
  if (is("protection/memory-flat")) leaked.push(Buffer.alloc(8_000_000, 1));
  const declared = Number(incoming.headers["content-length"] ?? 0);
  const most = is("protection/body-limit") ? 1e9 : 1_000_000;
  if (declared > most) throw { status: 413 };
  const encoding = incoming.headers["content-encoding"];
  if (encoding !== undefined && !is("protection/decompression-bomb")) throw { status: 415 };
  if (!/^application\/json/.test(incoming.headers["content-type"] ?? "") && !is("errors/methods"))
    throw { status: 415 };
  const chunks = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > most) throw { status: 413 };
    chunks.push(chunk);
  }
  let bytes = Buffer.concat(chunks);
  if (encoding === "gzip") bytes = gunzipSync(bytes);
  const text = bytes.toString("utf8");
  if (is("errors/methods")) return { text: "anything" };
  let nesting = 0;
  let deepest = 0;
  for (const c of text) {
    if (c === "{" || c === "[") deepest = Math.max(deepest, ++nesting);
    else if (c === "}" || c === "]") nesting--;
  }
  if (deepest > 50) throw { status: is("protection/hostile-json") ? 500 : 400 };
  let body;
  try {
    body = JSON.parse(text);
  } catch (error) {
    if (is("start/production-hides-stacks")) throw { status: 400, detail: error.stack };
    if (is("errors/malformed-input")) throw { status: 500, detail: "" };
    throw { status: 400 };
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw { status: 400 };
  return body;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function isLimited(address, path) {
  if (is("protection/burst") || path !== "/login") return false;
  const key = `${address} ${path}`;
  const times = (recent.get(key) ?? []).filter((at) => Date.now() - at < 2000);
  recent.set(key, times);
  if (times.length >= 30) return true;
  times.push(Date.now());
  return false;
}

async function answer(incoming, path) {
  const { method } = incoming;
  if (path === "/livez") {
    if (is("health/answers-quickly")) await pause(1600);
    return { status: is("health/dead-dependency") && !(await isReachable()) ? 503 : 200, body: { status: "ok" } };
  }
  if (path === "/readyz") {
    if (isDraining && !is("shutdown/readiness-first") && !is("shutdown/no-loss-slow-balancer"))
      return { status: 503, body: { status: "draining" } };
    if (await isReachable()) return { status: 200, body: { status: "ok" } };
    const detail = is("health/private-body") ? { error: `connect ECONNREFUSED ${database.host}` } : {};
    return { status: 503, body: { status: "unhealthy", ...detail } };
  }
  if (path === "/healthz") return { status: 200, body: { status: "ok" } };
  if (path === "/metrics") return { status: 200, text: metrics(), type: "text/plain; version=0.0.4" };
  if (path === "/.env" && is("errors/exposed-files")) return { status: 200, text: "SECRET=1\n", type: "text/plain" };
  if (path === "/" && method === "GET") return { status: 200, body: { hello: "world" } };
  if (path === "/relay" && method === "GET") {
    if (is("dependencies/connections-bounded")) {
      held.push(connect(Number(database.port), database.hostname).on("error", () => undefined));
    }
    try {
      return { status: 200, body: { said: await relay() } };
    } catch {
      return { status: 503, body: { title: "The upstream does not answer" } };
    }
  }
  if (path === "/slow" && method === "GET") {
    await pause(1500);
    return { status: 200, body: { slow: true } };
  }
  if (path === "/boom") throw { status: 500, detail: is("errors/forced-error") ? new Error("no").stack : "" };
  if (path === "/reject") {
    Promise.reject(new Error("there is no handler for this"));
    return { status: 202, body: {} };
  }
  if (path === "/items" && method === "POST") {
    const body = await readBody(incoming);
    if (is("observability/no-canary")) log("info", "item", { body, headers: incoming.headers });
    if (typeof body.text !== "string") throw { status: 422 };
    return { status: 201, body: { id: 1 } };
  }
  if (path === "/login" && method === "POST") {
    const { email = "", password = "" } = await readBody(incoming);
    const failed = failures.get(email) ?? 0;
    if (failed >= 5 && !is("protection/login-lockout")) return { status: 401, body: { title: "no" } };
    if (email === "a@example.com" && password === "right-password") return { status: 200, body: { token: "t" } };
    failures.set(email, failed + 1);
    return { status: 401, body: { title: "no" } };
  }
  if (["/", "/relay", "/slow", "/items", "/login"].includes(path) && !is("errors/methods"))
    return { status: 405, body: { title: "no such method" }, headers: { allow: "GET, POST" } };
  return { status: 404, body: { title: "not found" } };
}

let started = 0;
const server = createServer({ maxHeaderSize: 16_384, connectionsCheckingInterval: 250 }, async (incoming, outgoing) => {
  const [path] = incoming.url.split("?");
  const id = /^[\w-]{1,64}$/.test(incoming.headers["x-request-id"] ?? "")
    ? incoming.headers["x-request-id"]
    : `r${++started}`;
  const traceId = incoming.headers.traceparent?.split("-")[1];
  const address = incoming.socket.remoteAddress;
  let result;
  try {
    const hosts = incoming.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host");
    if (hosts.length > 1) result = { status: 400, body: { title: "two hosts" } };
    else if (isLimited(address, path))
      result = { status: 429, body: { title: "slow down" }, headers: { "retry-after": "2" } };
    else result = await answer(incoming, path);
  } catch (error) {
    if (typeof error.status !== "number") log("error", "failed", { error: String(error) });
    const status = error.status ?? 500;
    result = { status, body: { title: `status ${status}`, requestId: id, detail: error.detail || undefined } };
  }
  if (is("observability/responsive-under-load")) for (const end = Date.now() + 12; Date.now() < end; );
  const { status, body, text, type = "application/json", headers = {} } = result;
  const all = { ...HEADERS, "x-request-id": id, ...headers, "content-type": type };
  if (is("errors/unknown-route") && status === 404) all["content-type"] = "text/html";
  if (is("errors/security-headers")) delete all["x-content-type-options"];
  if (is("errors/no-banner")) all["x-powered-by"] = "Zoo/1.0";
  if (is("errors/forced-error")) delete all["x-request-id"];
  if (is("errors/cors") && incoming.headers.origin !== undefined)
    Object.assign(all, {
      "access-control-allow-origin": incoming.headers.origin,
      "access-control-allow-credentials": "true",
    });
  if (is("observability/request-id")) delete all["x-request-id"];
  if (isDraining) all.connection = "close";
  const label = is("observability/metrics-cardinality") ? incoming.url.replace(/[^\w/?=-]/g, "") : path;
  const known = ["/", "/livez", "/readyz", "/items", "/login", "/relay", "/slow"].includes(path);
  const isCounted = path !== "/metrics" && !(is("observability/metrics-count") && Math.random() < 0.5);
  const shown = known || is("observability/metrics-cardinality") ? label : "other";
  if (isCounted) count(`{path="${shown}",status="${status}"}`);
  if (path !== "/livez" && path !== "/readyz") {
    const trace = is("observability/traceparent") ? {} : { traceId };
    log("info", "request", { requestId: id, ...trace, method: incoming.method, path, status });
    if (is("observability/structured-logs")) console.log(`${incoming.method} ${path} done`);
    if (is("observability/log-volume")) for (let i = 0; i < 6; i++) log("info", `step ${i}`);
  }
  outgoing.writeHead(status, all);
  outgoing.end(text ?? JSON.stringify(body));
  if (!incoming.complete) setTimeout(() => incoming.socket.destroy(), 50);
});
if (is("errors/production") || is("protection/huge-headers")) server.maxHeadersCount = 0;
const slow = is("protection/slow-clients") ? 0 : 2000;
server.headersTimeout = slow;
server.requestTimeout = slow;
server.keepAliveTimeout = 70_000;

// A server that is lenient about what it reads, in place of the strict one.
if (is("protection/smuggling") || is("protection/huge-headers")) {
  const { createServer: createPlain } = await import("node:net");
  const plain = createPlain((socket) => {
    socket.on("error", () => undefined);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (!text.includes("\r\n\r\n")) return;
      const status = /unknown/.test(text) ? "404 Not Found" : "200 OK";
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok`);
    });
  });
  plain.listen(Number(process.env.PORT), () => log("info", "listening"));
} else if (is("protection/idle-connections")) {
  server.maxConnections = 100;
  server.headersTimeout = 0;
  server.requestTimeout = 0;
}

// Shutdown
let signals = 0;
function stop(signal) {
  if (is("shutdown/sigint") && signal === "SIGINT") return;
  if (++signals > 1) {
    if (is("shutdown/second-signal")) return;
    process.exit(1);
  }
  log("info", "draining");
  isDraining = true;
  if (is("shutdown/exits-cleanly")) process.exit(3);
  if (is("shutdown/in-flight")) process.exit(0);
  const delay = is("shutdown/no-loss-quick-balancer") || is("shutdown/readiness-first") ? 0 : DRAIN;
  setTimeout(() => {
    if (is("shutdown/stuck-request")) {
      server.close(() => process.exit(0));
      server.closeIdleConnections();
      return;
    }
    if (is("shutdown/keep-alive")) {
      server.closeIdleConnections = () => undefined;
      server.unref();
      setTimeout(() => process.exit(0), 60_000);
      return;
    }
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 3000).unref();
  }, delay);
}
process.on("SIGTERM", () => stop("SIGTERM"));
process.on("SIGINT", () => stop("SIGINT"));

server.on("error", (error) => {
  if (is("start/port-in-use")) return log("warn", "hm");
  log("fatal", "cannot listen", { error: String(error) });
  process.exit(1);
});
if (is("start/port-in-use")) setInterval(() => undefined, 1000);
if (is("start/ready-in-time")) await pause(5000);
if (!is("protection/smuggling") && !is("protection/huge-headers"))
  server.listen(Number(process.env.PORT), () => log("info", "listening", { port: Number(process.env.PORT) }));
