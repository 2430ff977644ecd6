import { checkOptions, flag, showValue } from "@seaworthy/core/options";
import { valueAt } from "./internal/explain-field.ts";
import type { Field, Model } from "./internal/model.ts";
import { modelOf } from "./internal/model.ts";
import { recall } from "./internal/provenance.ts";
import { maskText } from "./internal/redact.ts";
import { opened } from "./internal/sealed.ts";
import { oneLine, textOf } from "./internal/text.ts";
import type { Schema } from "./internal/zod.ts";

/** Options of {@link configMap} and {@link secretManifest}. */
export interface ManifestOptions {
  /** Name of the object: a DNS subdomain name (RFC 1123). @default "app" */
  name?: string;
  /** Namespace of the object. @default the namespace to which it is applied */
  namespace?: string;
  /** As in `loadConfig`. @default the prefix with which the configuration was loaded */
  prefix?: string | undefined;
}

/** Options of {@link secretManifest}. */
export interface SecretManifestOptions extends ManifestOptions {
  /** Whether the values are written, for piping into a tool that seals them. @default false */
  reveal?: boolean;
}

const OPTIONS = ["name", "namespace", "prefix"];
const SECRET_OPTIONS = ["name", "namespace", "prefix", "reveal"];
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * Returns a Kubernetes ConfigMap with every value of a configuration that is not secret, as environment variables. Loading
 * these variables gives the same values.
 *
 * @throws TypeError if an option, the schema or the configuration is invalid
 */
export function configMap(schema: Schema, config: object, options: ManifestOptions = {}): string {
  checkOptions("configMap", options, OPTIONS);
  checkNames("configMap", options);
  const model = modelFor(schema, config, options);
  const lines = model.fields.flatMap((field) => {
    const text = valueText(field, config);
    const isShown = text !== undefined && !isSecretField(field, config, text);
    return isShown ? [`  ${field.env}: ${yamlText(literal(text))}`] : [];
  });
  return manifest("ConfigMap", options, "data", lines);
}

/**
 * Returns a Kubernetes Secret with a variable for every secret of a configuration. The values are empty, so that a secrets
 * tool can fill them in. If `reveal` is set, the result contains the values and must only be passed to such a tool.
 *
 * @param config - required for `reveal`, and used to find URLs with a password
 * @throws TypeError if an option, the schema or the configuration is invalid
 */
export function secretManifest(schema: Schema, config?: object, options: SecretManifestOptions = {}): string {
  checkOptions("secretManifest", options, SECRET_OPTIONS);
  checkNames("secretManifest", options);
  if (options.reveal !== undefined) flag("secretManifest: reveal", options.reveal);
  if (options.reveal === true && config === undefined)
    throw new TypeError("secretManifest: reveal requires a configuration");
  const model = modelFor(schema, config, options);
  const lines = model.fields
    .map((field) => ({ field, text: config === undefined ? undefined : valueText(field, config) }))
    .filter(({ field, text }) => isSecretField(field, config, text))
    .flatMap(({ field, text }) => {
      if (options.reveal === true) return text === undefined ? [] : [`  ${field.env}: ${yamlText(text)}`];
      const need = field.required ? "required" : "optional";
      return [`  # ${need}: ${oneLine(field.expected)}`, `  ${field.env}: ""`];
    });
  return manifest("Secret", options, "stringData", lines);
}

function checkNames(owner: string, options: ManifestOptions): void {
  for (const key of ["name", "namespace"] as const) {
    const value = options[key];
    if (value !== undefined && (typeof value !== "string" || !NAME.test(value)))
      throw new TypeError(`${owner}: ${key} must be a DNS name in lower case; got ${showValue(value)}`);
  }
}

function modelFor(schema: Schema, config: unknown, options: ManifestOptions): Model {
  if (config !== undefined && (typeof config !== "object" || config === null))
    throw new TypeError(`config must be an object; got ${showValue(config)}`);
  const { prefix = recall(config)?.state.model.prefix } = options;
  return modelOf(schema, prefix);
}

// A value that was given is written as it was given. Only defaults are written from the output of the schema.
function valueText(field: Field, config: object): string | undefined {
  const given = recall(config)?.state.settled.fields.get(field.path);
  if (given !== undefined) return textOf(field, given.value);
  const value = valueAt(config, field.path);
  return value === undefined || field.transforms ? undefined : textOf(field, opened(value));
}

function isSecretField(field: Field, config: object | undefined, text: string | undefined): boolean {
  const state = recall(config)?.state;
  if (field.sensitivity !== undefined || state?.disclosure.isHidden(field) === true) return true;
  return (
    text !== undefined && (maskText(text) !== undefined || (state?.disclosure.redactor.scrub(text) ?? text) !== text)
  );
}

function manifest(
  kind: string,
  { name = "app", namespace }: ManifestOptions,
  key: string,
  lines: readonly string[],
): string {
  const place = namespace === undefined ? [] : [`  namespace: ${yamlText(namespace)}`];
  const type = kind === "Secret" ? ["type: Opaque"] : [];
  const data = lines.length === 0 ? [`${key}: {}`] : [`${key}:`, ...lines];
  return `${["apiVersion: v1", `kind: ${kind}`, "metadata:", `  name: ${yamlText(name)}`, ...place, ...type, ...data].join("\n")}\n`;
}

/** Escapes text so that `loadConfig` reads it back unchanged: what looks like a reference is not one. */
function literal(text: string): string {
  return text.replaceAll("${", () => "$${");
}

/** Returns a double-quoted YAML scalar in printable ASCII. */
function yamlText(text: string): string {
  const escaped = text.toWellFormed().replace(/["\\]|[^ -~]/gu, (sign) => {
    if (sign === '"' || sign === "\\") return `\\${sign}`;
    return `\\U${(sign.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`;
  });
  return `"${escaped}"`;
}
