export { fromBase32, toBase32 } from "./otp/base32.ts";
export type { OtpauthKey } from "./otp/otpauth.ts";
export { formatOtpauth, parseOtpauth } from "./otp/otpauth.ts";
export type { TotpAlgorithm, TotpCode, TotpParameters } from "./otp/totp.ts";
export { totpAt } from "./otp/totp.ts";
