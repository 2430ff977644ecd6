export { fromOpossum } from "./opossum/from-opossum.ts";
export type { OpossumBreaker, OpossumCounts } from "./opossum/opossum-breaker.ts";
export type { OpossumFacade, OpossumStats, OpossumStatus } from "./opossum/opossum-facade.ts";
export type { ToOpossumOptions } from "./opossum/to-opossum.ts";
export { toOpossum } from "./opossum/to-opossum.ts";
