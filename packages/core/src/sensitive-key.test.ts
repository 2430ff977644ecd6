import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSensitiveKey, sensitiveWords } from "./sensitive-key.ts";

const list = (text: string): string[] => text.trim().split(/\s+/);

const CREDENTIALS = list(`
  password Password PASSWORD PassWord pass_word passwd userPassword password2 passwordHash password_hash
  password_confirmation passwordConfirm newPassword old-password mypassword DB_PASSWORD db_pwd pwd passphrase passcode
  pass db_pass smtpPass db.pass MYSQL_PASS passwords passwordSalt
  secret secrets client_secret clientSecret SECRET_KEY secretKey secret_key_base SecretString webhookSecret stripesecret
  secretAccessKey AWS_SECRET_ACCESS_KEY totpSecret
  token Token accessToken access_token ACCESSTOKEN refreshToken refreshtoken id_token idToken csrfToken x-csrf-token
  authToken bearerToken jwtToken tokenValue x-amz-security-token sessionToken github_token NPM_TOKEN accessTokens
  refresh_tokens apiTokens resetToken passwordResetToken
  apiKey API_KEY x-api-key apikey apiKeys APIKey stripeKey OPENAI_KEY privateKey private_key privateKeyPem accessKey
  signing_key encryptionKey masterKey sshKey ssh_keys deployKey accountKey licenseKey sharedKey authKey hmac_key
  Authorization authorization proxy-authorization authorisation authorizationHeader authorizationCode
  cookie Cookie set-cookie cookies cookieHeader sessionCookie connect.sid PHPSESSID JSESSIONID sessionId session_id
  sessionid auth basicAuth basic_auth proxyAuth authHeader credential credentials aws_credentials jwt bearer
  otp totp pin pinCode cvv cvv2 cvc ssn card_number cardNumber creditCard cc_number securityCode
  mnemonic seed_phrase seedPhrase recovery_codes recoveryCodes backupCodes magicLink codeVerifier client_assertion
  dsn SENTRY_DSN databaseUrl DATABASE_URL dbUrl redisUrl MONGO_URI connectionString connection_string amqpUrl
  user[password] verificationCode csrf`);

const INNOCENT = list(`
  tokens cached_tokens prompt_tokens completion_tokens prompt_tokens_details maxOutputTokens max_completion_tokens
  maxTokens max_tokens inputTokens outputTokens total_tokens reasoning_tokens tokensPerSecond tokenCount token_count
  tokensUsed tokenLimit tokenType token_type tokenUsage tokenBudget costPerToken timeToFirstToken eos_token_id eosToken
  pad_token nextPageToken next_page_token nextpagetoken pageToken NextToken continuationToken syncToken cancelToken
  tokenizer tokenized tokenization tokenIndex tokenExpiresAt token_expires_in token_endpoint tokenUrl tokenAddress
  tokenSymbol hasToken isTokenValid
  secretName secret_name secretary Secretariat secretArn secretVersion secretKeyRef secretsManager
  cookieConsent cookieName cookie_domain cookieOptions cookieSameSite acceptCookies
  passwordLength password_min_length passwordPolicy passwordExpiresAt passwordChangedAt passwordStrength hasPassword
  passwordRequired passCount pass_rate passenger passport compass bypass passed
  apiKeyId accessKeyId apiKeyName privateKeyPath sshKeyFingerprint credentialId credentialsFile authorizationUrl
  authorization_endpoint authorizationServer author authority authorized authentication authMethod authType
  pinned pinCount spin pinterest keyboard key publicKey public_key primaryKey foreignKey partitionKey sortKey cacheKey
  idempotencyKey monkey keys url uri homepageUrl callbackUrl databaseName dbHost database connection connectionCount
  signature checksum nonce user path email name session sessionCount sidebar cardType cardHolder seed recovery
  codec statusCode errorCode countryCode jwtIssuer numSecrets maxCookies correlationId traceId spanId durationMs`);

describe("isSensitiveKey", () => {
  test.each(CREDENTIALS)("takes %s for the name of a credential", (key) => expect(isSensitiveKey(key)).toBe(true));
  test.each(INNOCENT)("takes %s for an innocent name", (key) => expect(sensitiveWords(key)).toBeUndefined());

  test("is asked about more than a hundred names of each kind, none of them twice", () => {
    for (const names of [CREDENTIALS, INNOCENT]) {
      expect(new Set(names).size).toBe(names.length);
      expect(names.length).toBeGreaterThan(100);
    }
  });

  test("does not depend on how the words of a name are separated", () => {
    const separated = fc.constantFrom("-", "_", ".", " ", "/", "\u200b", "");
    fc.assert(
      fc.property(fc.constantFrom("access token", "api key", "client secret", "card number"), separated, (name, by) => {
        const [first = "", second = ""] = name.split(" ");
        expect(isSensitiveKey(first + by + second)).toBe(true);
        expect(isSensitiveKey((first + by + second).toUpperCase())).toBe(true);
        expect(isSensitiveKey(first + by + (second[0] as string).toUpperCase() + second.slice(1))).toBe(true);
      }),
    );
  });

  test("judges any name, long ones by their end", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (key) => {
        expect(typeof isSensitiveKey(key)).toBe("boolean");
        expect(isSensitiveKey(`a${key} password`)).toBe(true);
      }),
    );
    expect(isSensitiveKey(`${"x".repeat(100_000)}_password`)).toBe(true);
    expect(isSensitiveKey(`${"password_".repeat(10_000)}length`)).toBe(false);
  });

  test("answers the same for a name that was asked before, however many were asked in between", () => {
    for (let i = 0; i < 5000; i++) isSensitiveKey(`key${i}`);
    expect(isSensitiveKey("password")).toBe(true);
    expect(isSensitiveKey("tokens")).toBe(false);
  });
});
