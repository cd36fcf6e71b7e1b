import type { CommandModule } from "../command.ts";
import { applyCommand } from "./apply.ts";
import { compareCommand } from "./compare.ts";
import { datasetCommand } from "./dataset.ts";
import { explainCommand } from "./explain.ts";
import { getCommand } from "./get.ts";
import { helpCommand } from "./help.ts";
import { initCommand } from "./init.ts";
import { predictCommand } from "./predict.ts";
import { pushCommand } from "./push.ts";
import { serveCommand } from "./serve.ts";
import { trainCommand } from "./train.ts";
import { verifyCommand } from "./verify.ts";

/** Every command, in the order of the loop. */
export const commands: readonly CommandModule[] = [
  initCommand,
  applyCommand,
  datasetCommand,
  trainCommand,
  compareCommand,
  predictCommand,
  explainCommand,
  pushCommand,
  getCommand,
  verifyCommand,
  serveCommand,
  helpCommand,
];
