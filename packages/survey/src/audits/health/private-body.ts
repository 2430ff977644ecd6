import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { leakIn } from "../../internal/leaks.ts";
import { isGood } from "../../internal/probe.ts";
import { NO_PROBES } from "../../internal/reasons.ts";
import { until } from "../../internal/until.ts";

const SETTLING = 4000;

/** Reads the bodies of the probes, in good times and with a dead dependency. */
export const privateBody: Audit = {
  id: "health/private-body",
  severity: "major",
  title: "The probes tell nothing private",
  why: "Probes answer without authentication. Host names, versions and messages of errors help an attacker.",
  does: "Reads the bodies of all probes, also while every dependency is dead.",
  passes: "No body contains a secret, a host or user of a dependency, a stack trace, or a path of the file system.",
  mend: {
    seaworthy: "Health reports of @seaworthy/health show details to entitled callers only.",
    otherwise: "Answer with the status alone, and log the details.",
  },
  link: "https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html",
  async run({ target, proxies, secrets, options, ask }) {
    const { found } = await target.instance();
    const paths = [...new Set([found.live, found.ready, found.health])].filter((path) => path !== undefined);
    if (paths.length === 0) return notApplicable(NO_PROBES);
    const hidden = [...secrets, ...Object.values(options.dependencies).flatMap(privateParts)];
    const ports = [...proxies.values()].map(({ port }) => String(port));
    for (const isBroken of [false, true]) {
      if (isBroken) {
        for (const proxy of proxies.values()) await proxy.set({ kind: "refuse" });
        await until(async () => !isGood((await ask({ path: found.ready ?? "/" })).status), SETTLING, 250);
      }
      for (const path of paths) {
        const { body } = await ask({ path });
        const leak = leakIn(body) ?? [...hidden, ...ports].find((text) => body.includes(text));
        if (leak === undefined) continue;
        const named = hidden.includes(leak) || ports.includes(leak) ? "a secret or the address of a dependency" : leak;
        return fail(`${path} shows ${named}${isBroken ? " while the dependencies are dead" : ""}.`);
      }
    }
    return pass(`The bodies of ${paths.join(", ")} show nothing private.`);
  },
};

/** Parts of a URL that are not found in bodies by chance. */
function privateParts(text: string): string[] {
  const { username, password, host } = new URL(text);
  return [password, host, username.length > 8 ? username : ""].filter((part) => part.length > 3);
}
