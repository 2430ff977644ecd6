/** What a person at a terminal sees once the service listens: where, and three things to try. */
export function banner(url: string, upstreamUrl: string | undefined): string {
  const json = `-H 'content-type: application/json'`;
  return [
    "",
    `  harbor listens on ${url}`,
    ...(upstreamUrl === undefined
      ? []
      : [`  its flaky upstream on ${upstreamUrl} (POST /mode/failing, /mode/hanging, /mode/healthy)`]),
    "",
    "  Try:",
    `    curl -s ${url}/tasks ${json} -d '{"text":"A leak in hold 3, urgent"}'`,
    `    curl -s ${url}/embeddings ${json} -d '{"id":"a","vector":[1,2,"x"]}'`,
    `    curl -s ${url}/healthz`,
    "",
    "",
  ].join("\n");
}
