import { checkOptions, flag, showValue } from "@seaworthy/core/options";
import { valueAt } from "./explain.ts";
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
  /** Its namespace. @default the one that it is applied to */
  namespace?: string;
  /** As in `loadConfig`. @default that of the configuration */
  prefix?: string | undefined;
}

/** Options of {@link secretManifest}. */
export interface SecretManifestOptions extends ManifestOptions {
  /** Whether the values themselves are written, for piping into a tool that seals them. @default false */
  reveal?: boolean;
}

const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * A Kubernetes ConfigMap with every value of a configuration that is not secret, as environment variables. Loading
 * those variables gives the same values.
 *
 * @throws TypeError if an option, the schema or the configuration is not what it must be
 */
export function configMap(schema: Schema, config: object, options: ManifestOptions = {}): string {
  checkManifest("configMap", options, ["name", "namespace", "prefix"]);
  const model = modelFor(schema, config, options);
  const lines = model.fields
    .map((field) => ({ field, text: valueText(field, config) }))
    .filter(({ field, text }) => text !== undefined && !isSecretField(field, config, text))
    .map(({ field, text }) => `  ${field.env}: ${yamlText(literal(text as string))}`);
  return manifest("ConfigMap", options, "data", lines);
}

/**
 * A Kubernetes Secret with a variable for every secret of a configuration. Values are empty, to be filled in by a
 * secrets tool, unless `reveal` is set: then the text holds them, and must go nowhere but into such a tool.
 *
 * @param config - needed to reveal, and to find URLs that happen to hold a password
 * @throws TypeError if an option, the schema or the configuration is not what it must be
 */
export function secretManifest(schema: Schema, config?: object, options: SecretManifestOptions = {}): string {
  checkManifest("secretManifest", options, ["name", "namespace", "prefix", "reveal"]);
  if (options.reveal !== undefined) flag("secretManifest: reveal", options.reveal);
  if (options.reveal === true && config === undefined)
    throw new TypeError("secretManifest: reveal needs a configuration");
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

function checkManifest(of: string, options: ManifestOptions, names: readonly string[]): void {
  checkOptions(of, options, names);
  for (const key of ["name", "namespace"] as const) {
    const value = options[key];
    if (value !== undefined && (typeof value !== "string" || !NAME.test(value)))
      throw new TypeError(`${of}: ${key} must be a DNS name in lower case; got ${showValue(value)}`);
  }
}

function modelFor(schema: Schema, config: unknown, options: ManifestOptions): Model {
  if (config !== undefined && (typeof config !== "object" || config === null))
    throw new TypeError(`config must be an object; got ${showValue(config)}`);
  return modelOf(schema, options.prefix ?? recall(config)?.run.model.prefix);
}

// What was given is written as it was given; only defaults are written from the output.
function valueText(field: Field, config: object): string | undefined {
  const given = recall(config)?.run.settled.get(field.path);
  if (given !== undefined) return textOf(field, given.value);
  const value = valueAt(config, field.path);
  return value === undefined || field.transforms ? undefined : textOf(field, opened(value));
}

function isSecretField(field: Field, config: object | undefined, text: string | undefined): boolean {
  const run = recall(config)?.run;
  if (field.sensitivity !== undefined || run?.hidden.has(field.path) === true) return true;
  return text !== undefined && (maskText(text) !== undefined || (run?.redactor.scrub(text) ?? text) !== text);
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

/** Text that the environment gives back as it is: what looks like a reference there is none. */
function literal(text: string): string {
  return text.replaceAll("${", () => "$${");
}

/** A double-quoted YAML scalar, all of it printable ASCII. */
function yamlText(text: string): string {
  const escaped = text.toWellFormed().replace(/["\\]|[^ -~]/gu, (sign) => {
    if (sign === '"' || sign === "\\") return `\\${sign}`;
    return `\\U${(sign.codePointAt(0) as number).toString(16).padStart(8, "0")}`;
  });
  return `"${escaped}"`;
}
