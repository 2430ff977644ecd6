import { blankCredentials } from "@seaworthy/core/redaction";

/** Returns a function that removes the given values, and whatever looks like a credential, from a text. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const long = secrets.filter((value) => value.length > 3);
  return (text) => {
    let clean = text;
    for (const value of long) clean = clean.replaceAll(value, "[redacted]");
    return blankCredentials(clean);
  };
}
