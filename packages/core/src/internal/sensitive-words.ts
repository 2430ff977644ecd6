// The tables behind isSensitiveKey. A name is split into words first: "DB_accessToken2" is "db access token". The phrases
// below are compared with neighboring words written together, so that "api key" covers apiKey, API_KEY and apikey.

/** What comes before "key" or "keys" in the name of a credential. */
const KEYS = `
  access account admin aes api auth client deploy encryption hmac license master private recovery root secret service
  session shared signing ssh storage webhook
  anthropic aws azure cloudflare datadog gcp github gitlab google mailgun npm openai paypal sendgrid sentry slack square
  stripe twilio`;

/** What comes before "token" or "tokens"; without it, "tokens" is a number of language model tokens. */
const TOKENS = "access api auth bearer csrf device github id invite jwt oauth refresh reset session xsrf";

/** What comes before "url", "uri" and "string" in the name of an address that holds a password. */
const ADDRESSES = `
  amqp broker connection database db jdbc mariadb mongo mongodb mysql pg postgres postgresql rabbitmq redis`;

/** Phrases that name a credential wherever they stand in a name. */
const PHRASES = `
  password, passwords, passwd, passwds, pwd, passphrase, passphrases, passcode, passcodes, pass word
  secret, secrets, token, cookie, cookies, credential, credentials, authorization, authorisation, bearer, jwt
  basic auth, http auth, proxy auth, auth header, auth string, auth code
  session id, connect sid, phpsessid, jsessionid, sess id
  otp, totp, pin code, card pin, user pin, verification code, mfa code, two factor code, sms code, login code
  recovery code, recovery codes, recovery phrase, backup code, backup codes, scratch codes, magic link
  code verifier, client assertion, saml response, saml assertion, shared access signature
  mnemonic, seed phrase, seed words, wallet seed, dsn
  card number, card no, credit card, cc number, cvv, cvc, ccv, security code, ssn, social security number`;

/** Words that name a credential only if they are the whole name. */
const WHOLE = "auth pin csrf xsrf";

/** Words that name a credential only at the end of a name: "db_pass", but not "pass_count". */
const LAST = "pass";

/** Phrases that hold a word of a credential and mean something else. */
const INNOCENT = `
  page token, next token, continuation token, cursor token, sync token, resume token, pagination token, cancel token
  cancellation token, eos token, bos token, pad token, unk token, sep token, cls token, mask token, stop token
  special token, first token, last token, per token, each token, syntax token, lexer token, accept cookies
  accepts cookies, accepted cookies`;

/** Last words that make a name one about a credential: "secretName", "passwordLength", "tokenExpiresAt". */
const ABOUT = `
  address age alg algorithm amount arn at attempt attempts audience balance banner bucket budget changed checker class
  config configuration consent cost count counts created date decimals decision description dir directory disabled
  domain duration enabled encoding endpoint error errors exists expired expires expiration expiry failures field
  file fingerprint format id ids in index invalid issuer kind label length level limit limits manager method middleware
  min minutes max mode model name names namespace offset on only options parser path policy position preference
  preferences prefix present price probabilities probability provider rate reader reason ref remaining required
  requirements resolver rotated rotation rules score scope scopes seconds secure server servers service settings site
  size standard state status store strategy strength supply supported symbol time timeout title ttl type types
  unused updated uri url usage used valid validator verified version`;

/** First words that make a name a yes-or-no question or a number: "hasPassword", "maxCookies". */
const ASKING = "is has had should can needs requires supports uses allows missing max min num total avg";

/** Ends of words that are written without any separator: "mypassword", "stripesecret". */
const ENDS = "password passwd passphrase secret token cookie credential credentials apikey privatekey secretkey";

const words = (table: string): string[] => table.trim().split(/\s+/);
const phrases = (table: string): string[] =>
  table
    .trim()
    .split(/\s*[,\n]\s*/)
    .map((phrase) => phrase.replaceAll(" ", ""));
const withEnds = (table: string, ends: readonly string[]): string[] =>
  words(table).flatMap((word) => ends.map((end) => word + end));

/** The tables, with every phrase written together. */
export const SENSITIVE: Readonly<
  Record<"phrases" | "whole" | "last" | "innocent" | "about" | "asking", Set<string>>
> & {
  readonly ends: readonly string[];
} = {
  phrases: new Set([
    ...phrases(PHRASES),
    ...withEnds(KEYS, ["key", "keys"]),
    ...withEnds(TOKENS, ["tokens"]),
    ...withEnds(ADDRESSES, ["url", "uri", "string", "urls", "uris"]),
  ]),
  whole: new Set(words(WHOLE)),
  last: new Set(words(LAST)),
  innocent: new Set(phrases(INNOCENT)),
  about: new Set(words(ABOUT)),
  asking: new Set(words(ASKING)),
  ends: words(ENDS),
};
