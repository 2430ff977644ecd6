// 254 octets are the most that a path of SMTP has for an address (RFC 5321, 4.5.3.1.3, without the angle brackets).
const LONGEST = 254;
// Characters without a shape (Cf, such as the zero-width space) would make two addresses that look the same.
const SHAPE =
  /^[^\s@\p{Cc}\p{Cf}\p{Cs}<>(),;:"\\[\]]{1,64}@[^\s@\p{Cc}\p{Cf}\p{Cs}<>(),;:"\\[\]]+\.[^\s@\p{Cc}\p{Cf}\p{Cs}<>(),;:"\\[\]]+$/u;

/**
 * The form in which an e-mail address is kept and looked up: NFC, lower case, without blanks around it. `undefined` if the
 * value is not an e-mail address.
 */
export function normalizeEmail(value: unknown): string | undefined {
  // The length is checked first, because normalization takes long for long strings.
  if (typeof value !== "string" || value.length > LONGEST) return undefined;
  const email = value.trim().toLowerCase().normalize("NFC");
  return Buffer.byteLength(email) <= LONGEST && SHAPE.test(email) ? email : undefined;
}

/**
 * @throws TypeError if the value is not an e-mail address
 */
export function checkedEmail(value: unknown): string {
  const email = normalizeEmail(value);
  // The value is not shown, because people type passwords into the wrong field.
  if (email === undefined) throw new TypeError(`email must be an e-mail address; got another ${typeof value}`);
  return email;
}
