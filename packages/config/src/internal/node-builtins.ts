import type * as fs from "node:fs";
import { createRequire } from "node:module";
import type * as util from "node:util";

// Importing these as ES modules reads all of their lazy members, which takes longer at start-up than this whole package.
const require = createRequire(import.meta.url);

export const watch: typeof fs.watch = (require("node:fs") as typeof fs).watch;
export const isDeepStrictEqual: typeof util.isDeepStrictEqual = (require("node:util") as typeof util).isDeepStrictEqual;
