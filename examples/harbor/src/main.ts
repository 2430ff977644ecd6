import { enableCompileCache } from "node:module";

// Node keeps the compiled code of what is imported from here on, so the next start takes less time. Static imports would
// be compiled before the first line runs, hence the dynamic one.
enableCompileCache();
await import("./service.ts");
