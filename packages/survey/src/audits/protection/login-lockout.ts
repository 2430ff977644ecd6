import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { isGood } from "../../internal/probe.ts";
import { loginAsk } from "../../internal/routes.ts";

const WRONG = 5;

/** Guesses a password. */
export const loginLockout: Audit = {
  id: "protection/login-lockout",
  severity: "major",
  title: "After five wrong passwords, the right one is refused too",
  why: "Without a limit, a list of common passwords can be tried in minutes.",
  does: "Logs in once with the right password, five times with a wrong one, and then with the right one.",
  passes: "The first login is 2xx, the last one is 4xx.",
  mend: {
    seaworthy: "createAuth() of @seaworthy/auth locks accounts after five failures for 30 minutes.",
    otherwise: "Count failures per account in the database, before the password is compared.",
  },
  link: "https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#account-lockout",
  async run({ options, ask, target }) {
    const { login } = options;
    if (login === undefined) return notApplicable("No login is known. Describe one in the option login.");
    if (options.attach === undefined) await target.fresh();
    const before = await ask(loginAsk(login, login.password));
    if (!isGood(before.status)) return notApplicable(`The right password was answered with ${before.status} at first.`);
    for (let turn = 0; turn < WRONG; turn++) {
      const { status } = await ask(loginAsk(login, `wrong-password-${turn}`));
      if (isGood(status)) return fail("A wrong password was accepted.");
    }
    const after = await ask(loginAsk(login, login.password));
    if (isGood(after.status)) return fail("The right password was accepted after five wrong ones.");
    return pass(`After five wrong passwords, the right one was answered with ${after.status}.`);
  },
};
