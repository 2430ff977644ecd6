import type { Options } from "tsup";
import { library } from "../../tsup.base.ts";

const build: Options = library(import.meta.dirname);
export default build;
