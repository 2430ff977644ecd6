export type { Chaos, ChaosOptions } from "./testing/chaos.ts";
export { chaos } from "./testing/chaos.ts";
export type { ScriptedOperation, ScriptStep } from "./testing/scripted-operation.ts";
export { scriptedOperation } from "./testing/scripted-operation.ts";
export { simulate } from "./testing/simulate.ts";
export type {
  Distribution,
  SimulatedFault,
  SimulatedUpstreamOptions,
  SimulationContext,
  SimulationOptions,
  SimulationPhase,
  SimulationResult,
} from "./testing/simulation.ts";
