export type { OtpauthKey, TotpAlgorithm, TotpCode, TotpParameters } from "@seaworthy/core/otp";
export { formatOtpauth, parseOtpauth, totpAt } from "@seaworthy/core/otp";
