import { checkOptions } from "@seaworthy/core/options";

const OPTIONS = ["pem", "file", "host", "port", "servername", "ca", "verify"];

/** @throws TypeError if it is not an object, or one of its members is unknown */
export function checkSource(source: object): void {
  checkOptions("the source of certificateCheck", source, OPTIONS);
}
