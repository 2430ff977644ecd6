/** Where the certificate is: in a PEM string, in a file, or on a server that uses TLS. */
export type CertificateSource =
  | { pem: string | Uint8Array }
  | { file: string }
  | {
      host: string;
      /** @default 443 */
      port?: number;
      /** Name to send (SNI) and to verify. @default host */
      servername?: string;
      /** PEM of the authorities to trust. @default Node's own */
      ca?: string;
      /** Whether to verify the chain and the name. @default true */
      verify?: boolean;
    };
