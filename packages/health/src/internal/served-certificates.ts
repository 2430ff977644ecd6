import { isIP } from "node:net";
import { connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { withoutUndefined } from "@seaworthy/core/objects";

/** From when to when a certificate is valid, in milliseconds since the Unix epoch. */
export interface Validity {
  readonly from: number;
  readonly to: number;
}

/** A server that uses TLS. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly servername: string | undefined;
  readonly ca: string | undefined;
}

interface Served {
  readonly validities: Validity[];
  /** Why Node does not trust the chain or the name; `undefined` if it does. */
  readonly reason: string | undefined;
}

const LONGEST_CHAIN = 10;
const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Connects, reads the certificates that the server sends, whether they are trusted or not, and disconnects. */
export function servedCertificates(server: Server, signal: AbortSignal): Promise<Served> {
  const { host, port, ca } = server;
  const servername = server.servername ?? (isIP(host) ? undefined : host);
  const { promise, resolve, reject } = Promise.withResolvers<Served>();
  // An expired certificate must not end the handshake, because the check has to report it.
  const socket = connect({
    host,
    port,
    rejectUnauthorized: false,
    ...withoutUndefined({ servername, ca }),
  });
  const stop = (): void => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  socket.once("secureConnect", () => resolve({ validities: chainOf(socket), reason: reasonOf(socket) }));
  socket.on("error", reject);
  return promise.finally(() => {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  });
}

function chainOf(socket: TLSSocket): Validity[] {
  const chain: Validity[] = [];
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (certificate?.valid_to !== undefined && chain.length < LONGEST_CHAIN) {
    chain.push({ from: Date.parse(certificate.valid_from), to: Date.parse(certificate.valid_to) });
    const issuer: DetailedPeerCertificate | undefined = certificate.issuerCertificate;
    // A root is its own issuer.
    certificate = issuer?.fingerprint256 === certificate.fingerprint256 ? undefined : issuer;
  }
  return chain;
}

function reasonOf(socket: TLSSocket): string | undefined {
  if (socket.authorized) return undefined;
  const reason = String(socket.authorizationError);
  return CODE.test(reason) ? reason : "UNTRUSTED";
}
