// The largest answer of an issuer that is read. Documents of large providers have about 10 kB.
const LARGEST_ANSWER = 1_048_576;

/** Does a request of `fetch()`. It may be called with a string, because the proxies of hosts differ in what they take. */
export type FetchFunction = (url: string, init?: RequestInit) => Promise<Response>;

/**
 * A fetch whose answers have at most 1 MiB and are not redirects: an issuer that redirects to another host would let that host
 * speak in its name.
 */
export function boundedFetch(fetch: FetchFunction): FetchFunction {
  return async (url, init) => {
    const response = await fetch(url, { ...init, redirect: "manual" });
    const body = await readBounded(response);
    const { status, statusText, headers } = response;
    if (status < 200 || status > 599) throw new Error(`the issuer answered with the status ${status}`);
    // A Response of one of these statuses must not have a body.
    const empty = status === 204 || status === 205 || status === 304;
    return new Response(empty ? null : body, { status, statusText, headers });
  };
}

async function readBounded(response: Response): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body !== null) {
    // Leaving the loop cancels the stream, and with it the connection.
    for await (const chunk of response.body) {
      size += chunk.length;
      if (size > LARGEST_ANSWER) throw new Error(`the issuer's answer has more than ${LARGEST_ANSWER} bytes`);
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}
