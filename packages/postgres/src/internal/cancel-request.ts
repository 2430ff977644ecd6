import type { PgClient, PgDriver } from "./pg-driver.ts";

/**
 * Sends PostgreSQL's cancel request for the statement that `client` runs, over a connection of its own, as the protocol
 * demands (PostgreSQL documentation, 53.2.8). Resolves when the server has closed that connection, by when it has acted.
 *
 * pg's own `client.cancel()` is not used: it warns of a deprecated member, and sends the request without TLS.
 */
export function sendCancel(driver: PgDriver, client: PgClient, timeout: number): Promise<void> {
  const { host, port, ssl, processID, secretKey } = client;
  if (processID === null || secretKey === null) return Promise.resolve();
  const wire = new driver.Connection({ ssl });
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      wire.stream.destroy();
      resolve();
    };
    const timer = setTimeout(finish, timeout);
    const send = (): void => wire.cancel(processID, secretKey);
    wire.on("error", finish);
    wire.on("end", finish);
    wire.on("connect", () => (ssl ? wire.requestSsl() : send()));
    wire.on("sslconnect", send);
    if (host.startsWith("/")) wire.connect(`${host}/.s.PGSQL.${port}`);
    else wire.connect(port, host);
  });
}
