/** Values from tutorials, images and templates, without punctuation. */
const WELL_KNOWN: ReadonlySet<string> = new Set([
  "0123456789abcdef",
  "0123456789abcdef0123456789abcdef",
  "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
  "1234",
  "12345",
  "123456",
  "1234567",
  "12345678",
  "123456789",
  "1234567890",
  "abc123",
  "abcdef",
  "abcdefghijklmnopqrstuvwxyz",
  "accesstokensecret",
  "admin",
  "administrator",
  "asecretkey",
  "astringsecretatleast256bitslong",
  "cookiesecret",
  "cafebabe",
  "correcthorsebatterystaple",
  "deadbeef",
  "default",
  "defaultpassword",
  "defaultsecret",
  "devsecret",
  "dragon",
  "foobar",
  "guest",
  "hunter2",
  "iloveyou",
  "insecure",
  "jwtsecret",
  "keyboardcat",
  "letmein",
  "minioadmin",
  "mongodb",
  "monkey",
  "mysecret",
  "mysecretkey",
  "mysupersecret",
  "mysupersecretkey",
  "mysql",
  "none",
  "notasecret",
  "null",
  "p4ssw0rd",
  "pass",
  "passw0rd",
  "password",
  "postgres",
  "postgresql",
  "privatekey",
  "pssw0rd",
  "pssword",
  "qwerty",
  "qwertyuiop",
  "rabbitmq",
  "redacted",
  "redis",
  "refreshtokensecret",
  "root",
  "s3cr3t",
  "s3cret",
  "secret",
  "secretkey",
  "secretpassword",
  "secretsecret",
  "sessionsecret",
  "shhh",
  "shhhh",
  "shhhhh",
  "supersecret",
  "supersecretjwttokenwithatleast32characterslong",
  "supersecretkey",
  "test",
  "testsecret",
  "tokensecret",
  "toor",
  "topsecret",
  "undefined",
  "verysecret",
  "welcome",
  "xxx",
  "yourpassword",
]);
const PLACEHOLDER =
  /^(?:please)?(?:changeme|changethis|changeit|replaceme|replacethis|replacewith|fillmein|insert(?:your|secret|key)|placeholder|todo|example|dummy|djangoinsecure|your(?:own|super|jwt|session|api)?(?:[0-9]+bit)?(?:secret|key|token|password|passphrase|signing))/;

/** Phrases that show that a value is only a sample. */
const SAMPLE =
  /changeme|changethis|changein|replaceme|thisisa(?:n|sample|test|secret|fake)|samplesecret|examplesecret|donotuse|notforproduction|yoursecret|secrethere/;

/** Returns whether a secret is a default or a placeholder, also if repeated. Punctuation and case do not count. */
export function isWellKnown(value: string): boolean {
  const plain = value.toLowerCase().replace(/[^a-z0-9]/g, "");
  if (plain === "") return false;
  const unit = unitOf(plain);
  if (WELL_KNOWN.has(unit) || WELL_KNOWN.has(plain)) return true;
  return PLACEHOLDER.test(plain) || SAMPLE.test(plain);
}

/** Returns whether a secret follows a pattern: a few repeated characters, or characters in ascending order. */
export function isPattern(value: string): boolean {
  const plain = value.toLowerCase().replace(/[^a-z0-9]/g, "");
  if (plain.length < 8) return false;
  const steps = [...plain].filter((sign, at) => at > 0 && sign.charCodeAt(0) - plain.charCodeAt(at - 1) === 1);
  return unitOf(plain).length <= 3 || steps.length >= 0.8 * (plain.length - 1);
}

/** Does what {@link isWellKnown} does, also for a word with a year or a number after it, such as `password123`. */
export function isGuessable(value: string): boolean {
  return isWellKnown(value) || isWellKnown(value.toLowerCase().replace(/\d{1,4}[^a-z0-9]*$/, ""));
}

/** Returns whether a text is one repeated character. */
export function isOneCharacter(value: string): boolean {
  const [first] = value;
  return first !== undefined && value === first.repeat(value.length / first.length);
}

/** Returns the shortest text whose repetition gives this text. The last repetition may be incomplete. */
function unitOf(text: string): string {
  for (let size = 1; size <= Math.min(64, text.length / 2); size++) {
    const unit = text.slice(0, size);
    if (text === unit.repeat(Math.ceil(text.length / size)).slice(0, text.length)) return unit;
  }
  return text;
}
