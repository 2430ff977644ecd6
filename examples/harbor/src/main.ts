import { enableCompileCache } from "node:module";

// Node caches the compiled code of every module that is imported after this call, so the next start takes less time. A
// static import would be compiled before the call.
enableCompileCache();
await import("./service.ts");
