import type * as fs from "node:fs";
import type * as util from "node:util";

// Importing these as ES modules reads all of their lazy members, which takes longer at start-up than this whole package.
// `createRequire(import.meta.url)` would fail where a bundler or Jest has turned this module into CommonJS.
const { watch, statSync, openSync, readSync, closeSync, readdirSync, readlinkSync, lstatSync, constants } =
  process.getBuiltinModule("node:fs") as typeof fs;

export const files: Pick<
  typeof fs,
  | "watch"
  | "statSync"
  | "openSync"
  | "readSync"
  | "closeSync"
  | "readdirSync"
  | "readlinkSync"
  | "lstatSync"
  | "constants"
> = { watch, statSync, openSync, readSync, closeSync, readdirSync, readlinkSync, lstatSync, constants };
export const isDeepStrictEqual: typeof util.isDeepStrictEqual = (process.getBuiltinModule("node:util") as typeof util)
  .isDeepStrictEqual;
