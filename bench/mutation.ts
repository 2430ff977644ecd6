// The scores of the packages' mutation tests. They take hours, so this prints what `pnpm mutate` has recorded.
import { join } from "node:path";
import { readScores, tableOfScores } from "../scripts/mutation/scores.ts";

console.log(tableOfScores(readScores(join(import.meta.dirname, ".."))));
