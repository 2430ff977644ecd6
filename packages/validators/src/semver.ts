import { refuse } from "./internal/refusal.ts";
import { type Schema, textSchema } from "./internal/zod.ts";

const LONGEST = 256;
const NUMBER = /^(?:0|[1-9]\d*)$/;
const IDENTIFIER = /^[0-9A-Za-z-]+$/;

/**
 * A schema for a version of Semantic Versioning 2.0.0 of at most 256 characters. The output is the same string.
 *
 * Prevents versions that sort wrongly or not at all: `v1.2.3`, `1.2`, `01.2.3`, ranges, and numbers that JavaScript
 * cannot represent. Code: `semver`.
 *
 * @example
 * ```ts
 * import { semver } from "@seaworthy/validators";
 * console.log(semver().safeParse("1.2.3-rc.1+build.7").success, semver().safeParse("v1.2").success); // true false
 * ```
 */
export function semver(): Schema<string> {
  return textSchema((text) =>
    text.length <= LONGEST && isSemver(text) ? text : refuse("semver", "must be a version such as 1.2.3 or 1.2.3-rc.1"),
  );
}

// Split by hand: the published expression is safe, but too long to be reviewed.
function isSemver(text: string): boolean {
  const plus = text.indexOf("+");
  const version = plus < 0 ? text : text.slice(0, plus);
  if (
    plus >= 0 &&
    !text
      .slice(plus + 1)
      .split(".")
      .every(isBuild)
  )
    return false;
  const dash = version.indexOf("-");
  if (
    dash >= 0 &&
    !version
      .slice(dash + 1)
      .split(".")
      .every(isPrerelease)
  )
    return false;
  const core = (dash < 0 ? version : version.slice(0, dash)).split(".");
  return core.length === 3 && core.every((part) => NUMBER.test(part) && Number.isSafeInteger(Number(part)));
}

function isBuild(part: string): boolean {
  return IDENTIFIER.test(part);
}

function isPrerelease(part: string): boolean {
  return IDENTIFIER.test(part) && (!/^\d+$/.test(part) || NUMBER.test(part));
}
