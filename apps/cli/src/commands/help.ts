import { errorCodes, PawlError } from "@pawl/core";
import type { CommandModule } from "../command.ts";
import { exitMeaning, exitStatus } from "../exit-status.ts";
import { tableText } from "../output/table.ts";

/** `pawl help`, `pawl help train`, `pawl help exit-codes`. */
export const helpCommand: CommandModule = (program, run) => {
  program
    .command("help")
    .argument("[topic]", "a command, or exit-codes")
    .option("--json", "print one JSON document instead of words")
    .description("explain a command or a topic")
    .action(async (topic: string | undefined, _options, command) => {
      if (topic === undefined) return program.outputHelp();
      if (topic === "exit-codes") return run(command, async () => exitCodes());
      const found = program.commands.find((each) => each.name() === topic);
      if (found) return found.outputHelp();
      throw new PawlError("not_found", `There is no help on "${topic}".`, {
        expected: `exit-codes, ${program.commands.map((each) => each.name()).join(", ")}`,
      });
    });
};

function exitCodes() {
  const listed = [...errorCodes].sort((a, b) => exitStatus[a] - exitStatus[b]);
  const rows = listed.map((code) => [String(exitStatus[code]), code, exitMeaning[code]]);
  return {
    document: { 0: "done", ...Object.fromEntries(listed.map((code) => [exitStatus[code], code])) },
    words: () =>
      tableText(
        [{ title: "Status", align: "right" }, { title: "Code" }, { title: "Meaning" }],
        [["0", "", "done"], ...rows],
      ),
  };
}
