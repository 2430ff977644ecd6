export type { MemoryTierHandle, MemoryTierOptions } from "./memory-remote-tier.ts";
export { memoryTier } from "./memory-remote-tier.ts";
