// Makes an empty embedded database in a data directory: node make-database.ts DIRECTORY
import { openDatabase } from "../src/store/open-database.ts";

const directory = process.argv[2] ?? "";
const db = await openDatabase({ data: { directory }, database: { base: 1, overflow: 0, instances: 1 } });
await db.close();
