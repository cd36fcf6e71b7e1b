import { availableParallelism, totalmem } from "node:os";

/** What the numbers were measured on, in words that name no machine. */
export interface Machine {
  readonly cores: number;
  readonly memoryGB: number;
  readonly node: string;
  readonly platform: string;
}

export function thisMachine(): Machine {
  return {
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

export function describeMachine(machine: Machine): string {
  return `${machine.cores} cores, ${machine.memoryGB} GB of memory, ${machine.platform}, Node ${machine.node}`;
}
