import { isIP } from "node:net";
import { connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";

/** From when to when a certificate is valid, in milliseconds since the Unix epoch. */
export interface Validity {
  readonly from: number;
  readonly to: number;
}

/** A server that speaks TLS. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly servername: string | undefined;
  readonly ca: string | undefined;
}

interface Served {
  readonly validities: Validity[];
  /** Why Node does not trust the chain or the name; undefined when it does. */
  readonly reason: string | undefined;
}

const LONGEST_CHAIN = 10;
const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Connects, takes the certificates that the server sends, whether they are trusted or not, and hangs up. */
export function servedCertificates(server: Server, signal: AbortSignal): Promise<Served> {
  const { host, port, ca } = server;
  const servername = server.servername ?? (isIP(host) ? undefined : host);
  const { promise, resolve, reject } = Promise.withResolvers<Served>();
  // An expired certificate is what this is to find, so it must not end the handshake.
  const socket = connect({
    host,
    port,
    rejectUnauthorized: false,
    ...(servername === undefined ? undefined : { servername }),
    ...(ca === undefined ? undefined : { ca }),
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
