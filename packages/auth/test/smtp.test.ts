import { readFileSync } from "node:fs";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { secret } from "@seaworthy/core";
import { captureTelemetry } from "@seaworthy/core/testing";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterEach, describe, expect, test } from "vitest";
import { type Mail, type SmtpMailer, type SmtpMailerOptions, smtpMailer } from "../src/smtp.ts";

const PEM = readFileSync(join(import.meta.dirname, "fixtures/localhost-test-only.pem"), "utf8");
const MAIL: Mail = { to: "ada@example.com", subject: "Grüße 🚢", text: "A link", purpose: "verify-email" };
const FAILED = expect.objectContaining({ code: "AUTH_MAIL_FAILED", status: 503 });

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: unknown;
  readonly secure: boolean;
  readonly text: string;
}

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

/** A mail server of this process. */
async function start(options: SMTPServerOptions = {}): Promise<{ port: number; mails: Received[] }> {
  const mails: Received[] = [];
  const server = new SMTPServer({
    ...{ key: PEM, cert: PEM, authOptional: true, logger: false, disableReverseLookup: true },
    onAuth: ({ username, password }, _, done) =>
      password === "p@ss word" ? done(null, { user: username }) : done(new Error("wrong")),
    onData(stream, { envelope, user, secure }, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ from, to, user, secure, text: Buffer.concat(chunks).toString() });
        done();
      });
    },
    ...options,
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  open.push({ close: () => new Promise<void>((resolve) => server.close(() => resolve())) });
  return { port: (server.server.address() as AddressInfo).port, mails };
}

function mailer(port: number, change: Partial<SmtpMailerOptions> = {}): SmtpMailer {
  const made = smtpMailer({ url: `smtp://localhost:${port}`, from: "shop@example.com", ca: PEM, ...change });
  open.unshift(made);
  return made;
}

describe("smtpMailer", () => {
  test("a mail arrives with its text, its subject and both parts", async () => {
    const { port, mails } = await start();
    using telemetry = captureTelemetry();
    await mailer(port, { fromName: "The Shop" }).send({ ...MAIL, html: "<p>A link</p>" });
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({ from: "shop@example.com", to: ["ada@example.com"] });
    expect(mails[0]?.text).toMatch(/^From: The Shop <shop@example\.com>$/m);
    expect(mails[0]?.text).toContain("multipart/alternative");
    expect(mails[0]?.text).toMatch(/^Subject: =\?UTF-8\?/m);
    expect(telemetry.of("auth.mail")[0]).toMatchObject({ labels: { purpose: "verify-email", outcome: "ok" } });
  });

  test("the password goes over STARTTLS, and over TLS from the beginning", async () => {
    const starting = await start({ authOptional: false });
    const url = `smtp://shop:p%40ss%20word@localhost:${starting.port}`;
    await mailer(starting.port, { url: secret(url), requireTls: true }).send(MAIL);
    const direct = await start({ secure: true, authOptional: false });
    await mailer(direct.port, { url: `smtps://shop:p%40ss%20word@localhost:${direct.port}` }).send(MAIL);
    for (const { mails } of [starting, direct]) expect(mails[0]).toMatchObject({ user: "shop", secure: true });
  });

  test("a server without TLS is refused, unless it is on this machine and the host does not insist", async () => {
    const { port, mails } = await start({ disabledCommands: ["STARTTLS"] });
    await expect(mailer(port, { requireTls: true }).send(MAIL)).rejects.toEqual(FAILED);
    expect(mails).toEqual([]);
    await mailer(port).send(MAIL);
    expect(mails[0]?.secure).toBe(false);
  });

  test("a certificate that no authority has signed is refused", async () => {
    const { port, mails } = await start();
    const { ca, ...options } = { url: `smtp://localhost:${port}`, from: "shop@example.com", ca: PEM };
    const strict = smtpMailer({ ...options, requireTls: true });
    open.unshift(strict);
    await expect(strict.send(MAIL)).rejects.toEqual(FAILED);
    expect(mails).toEqual([]);
  });

  test("a wrong password and a refused recipient have the server's reply in the context, and no password anywhere", async () => {
    const { port } = await start({
      onRcptTo: (_, __, done) => done(Object.assign(new Error("no such user"), { responseCode: 550 })),
    });
    const refused = await mailer(port)
      .send(MAIL)
      .catch((thrown) => thrown);
    expect(refused).toMatchObject({
      code: "AUTH_MAIL_FAILED",
      context: { purpose: "verify-email", responseCode: 550 },
    });
    const url = `smtp://shop:sesame-open@localhost:${port}`;
    const wrong = await mailer(port, { url })
      .send(MAIL)
      .catch((thrown) => thrown);
    expect(wrong).toMatchObject({ code: "AUTH_MAIL_FAILED", context: { responseCode: 535 } });
    expect(JSON.stringify([wrong, wrong.cause, wrong.message, String(wrong.stack)])).not.toContain("sesame-open");
  });

  test("a server that cannot be reached or says nothing is given up", async () => {
    const { port } = await start();
    for (const thing of open.splice(0)) await thing.close();
    await expect(mailer(port).send(MAIL)).rejects.toEqual(FAILED);
    const sockets: Socket[] = [];
    const silent: Server = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    open.push({
      close() {
        for (const socket of sockets) socket.destroy();
        silent.close();
      },
    });
    await expect(mailer((silent.address() as AddressInfo).port, { timeout: 100 }).send(MAIL)).rejects.toEqual(FAILED);
  });

  test("the same mailer works again after the server came back", async () => {
    let down = true;
    const { port, mails } = await start({
      onMailFrom: (_, __, done) => (down ? done(Object.assign(new Error("later"), { responseCode: 451 })) : done()),
    });
    const one = mailer(port);
    await expect(one.send(MAIL)).rejects.toMatchObject({ context: { responseCode: 451 } });
    down = false;
    await one.send(MAIL);
    expect(mails).toHaveLength(1);
  });

  test("several mails at the same time share few connections", async () => {
    let connections = 0;
    const { port, mails } = await start({
      onConnect(_, done) {
        connections++;
        done();
      },
    });
    const one = mailer(port, { connections: 2 });
    await Promise.all(Array.from({ length: 10 }, (_, n) => one.send({ ...MAIL, to: `u${n}@example.com` })));
    expect(mails.map(({ to }) => to[0]).sort()).toEqual(
      Array.from({ length: 10 }, (_, n) => `u${n}@example.com`).sort(),
    );
    expect(connections).toBeLessThanOrEqual(2);
  });

  test("paths and URLs in a mail are text, and nothing is read for them", async () => {
    const { port, mails } = await start();
    await mailer(port).send({ ...MAIL, text: "/etc/hostname", html: "http://127.0.0.1:1/" });
    expect(mails[0]?.text).toContain("/etc/hostname");
    await expect(mailer(port).send({ ...MAIL, text: { path: "/etc/hostname" } as never })).rejects.toThrow(
      /mail.text must be a string/,
    );
  });

  test.each([
    [{ url: "http://localhost" }, /url must be like/],
    [{ url: "smtp://u:sesame@" }, /^url must be like "smtps:\/\/user:password@host:465", a string or a secret$/],
    [{ url: "smtp://localhost/?x=1" }, /url must be like/],
    [{ from: "Shop <shop@example.com>" }, /from must be one e-mail address/],
    [{ fromName: "Shop\r\nBcc: x" }, /fromName must not have/],
    [{ timeout: 0 }, /timeout must be more than 0/],
    [{ connections: 0 }, /connections must be an integer from 1 to 20/],
    [{ host: "x" }, /has no option "host"/],
  ])("the options %j cannot work", (change, message) => {
    expect(() => smtpMailer({ url: "smtp://localhost", from: "a@b.c", ...change } as never)).toThrow(message as RegExp);
  });
});
