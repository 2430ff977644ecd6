/** The text for a terminal once the service listens: its addresses, and the commands that break, watch and heal it. */
export function banner(url: string, upstreamUrl: string | undefined): string {
  const json = `-H 'content-type: application/json'`;
  return [
    "",
    `  harbor listens on ${url}`,
    ...(upstreamUrl === undefined
      ? []
      : [`  its flaky upstream listens on ${upstreamUrl} (POST /mode/failing, /mode/hanging, /mode/healthy)`]),
    "",
    "  Submit a task:",
    `    curl -s ${url}/tasks ${json} -d '{"text":"A leak in hold 3, urgent"}'; echo`,
    ...(upstreamUrl === undefined
      ? []
      : [
          "  Break the upstream, and submit until the breaker opens:",
          `    curl -s -X POST ${upstreamUrl}/mode/failing; echo`,
          `    for i in 1 2 3 4 5 6; do curl -s ${url}/tasks ${json} -d '{"text":"fire"}'; echo; done`,
          "  Heal it:",
          `    curl -s -X POST ${upstreamUrl}/mode/healthy; echo`,
        ]),
    "  Watch its health:",
    `    curl -s ${url}/healthz; echo`,
    "",
    "",
  ].join("\n");
}
