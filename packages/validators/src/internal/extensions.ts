import { showValue } from "@seaworthy/core/options";
import { stringArray } from "./options.ts";
import { type Refused, refuse } from "./refusal.ts";

const EXTENSION = /^[a-z0-9]{1,16}(?:\.[a-z0-9]{1,16}){0,2}$/;
// A server that uses every extension of a name, as Apache's mod_mime does, runs a file with one of these.
const RUN_BY_SERVERS = new Set(
  "php php3 php4 php5 php7 php8 phtml phar pht asp aspx ashx asmx cer jsp jspx jsw cfm cgi pl py rb sh shtml htaccess".split(
    " ",
  ),
);

/** Returns the extensions of an option in lower case. */
export function extensionList(value: unknown): readonly string[] {
  const extensions = stringArray("extensions", value).map((item) => item.toLowerCase());
  if (extensions.length === 0) throw new TypeError("extensions must have at least one extension; got []");
  for (const extension of extensions) {
    if (!EXTENSION.test(extension))
      throw new TypeError(
        `extensions must be an array of extensions such as "pdf" or "tar.gz", without a dot in front; got ${showValue(extension)}`,
      );
  }
  return extensions;
}

/** Returns why a name does not have one of the accepted extensions, if there are any. */
export function extensionFault(name: string, extensions: readonly string[] | undefined): Refused | undefined {
  if (extensions === undefined) return undefined;
  const lower = name.toLowerCase();
  const found = extensions.find((extension) => lower.length > extension.length + 1 && lower.endsWith(`.${extension}`));
  if (found === undefined) return refuse("extension", `must have the extension ${extensions.join(", ")}`);
  const inner = lower
    .slice(0, -found.length - 1)
    .split(".")
    .slice(1);
  if (inner.some((part) => RUN_BY_SERVERS.has(part.trim())))
    return refuse("extension", "must not have an inner extension that a server may run");
  return undefined;
}
