import { type ByteSize, toBytes } from "@seaworthy/core";
import { checkOptions, integer, showValue } from "@seaworthy/core/options";
import { contentType } from "./content-type.ts";
import { stringArray } from "./internal/options.ts";
import { refuse } from "./internal/refusal.ts";
import { KINDS } from "./internal/signatures.ts";
import { type Schema, valueSchema } from "./internal/zod.ts";

/** Options of {@link fileContent}. */
export interface FileContentOptions {
  /** Accepted media types, as `contentType` names them: `["image/png", "image/jpeg"]`. */
  types: readonly string[];
  /** The most bytes, from 1 byte to 2 GiB. @default "10mb" */
  bytes?: ByteSize;
}

const OPTIONS = ["types", "bytes"];
const BYTES = "10mb";
const MOST_BYTES = 2 ** 31;

/**
 * A schema for the bytes of an uploaded file whose content is of one of `types`. The output is the same bytes.
 *
 * Prevents a file from being something else than its name and its `Content-Type` claim (CWE-434): a page with scripts
 * sent as an image, or a program sent as a document. See {@link contentType} for the limits of signatures. Codes:
 * `invalid_type`, `empty`, `too_big`, `content_type`.
 *
 * @throws TypeError if an option is out of its bounds
 * @example
 * ```ts
 * import { fileContent } from "@seaworthy/validators";
 * const avatar = fileContent({ types: ["image/png", "image/jpeg"], bytes: "1mb" });
 * console.log(avatar.safeParse(Buffer.from("<script>alert(1)</script>")).success); // false
 * ```
 */
export function fileContent(options: FileContentOptions): Schema<Uint8Array> {
  checkOptions("fileContent", options, OPTIONS);
  const { bytes = BYTES } = options;
  const types = stringArray("types", options.types);
  for (const type of types) checkType(type);
  if (types.length === 0) throw new TypeError("types must have at least one media type; got []");
  const most = integer("bytes", toBytes(bytes, "bytes"), 1, MOST_BYTES);
  return valueSchema<Uint8Array>(
    (value) => {
      if (!(value instanceof Uint8Array)) return refuse("invalid_type", "must be bytes");
      if (value.length === 0) return refuse("empty", "must not be empty");
      if (value.length > most) return refuse("too_big", `must have ${most} bytes or fewer`);
      const found = contentType(value)?.type;
      if (found === undefined || !types.includes(found))
        return refuse("content_type", `must be of the content type ${types.join(", ")}`);
      return value;
    },
    { type: "string", contentEncoding: "binary" },
  );
}

// A type that `contentType` never returns, such as image/jpg, would refuse every file.
function checkType(type: string): void {
  if (KINDS.some((kind) => kind.type === type)) return;
  const ending = type.slice(type.indexOf("/") + 1);
  const near = KINDS.find(({ extensions }) => extensions.includes(ending))?.type;
  const hint = near === undefined ? "" : `; did you mean ${showValue(near)}?`;
  throw new TypeError(
    `types must hold media types that contentType returns, such as "image/png"; got ${showValue(type)}${hint}`,
  );
}
