import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { PawlError } from "@pawl/core";
import { InvalidArgumentError } from "commander";
import { type CommandModule, example } from "../command.ts";
import { templates, type TemplateName } from "../project/templates.ts";

/** `pawl init [dir]`: writes a small project. Never over anything. */
export const initCommand: CommandModule = (program, run) => {
  const command = program
    .command("init")
    .argument("[dir]", "the folder; made when there is none", ".")
    .description("write a small project")
    .option("--template <name>", `${Object.keys(templates).join(" or ")}`, templateName, "empty")
    .option("--json", "print one JSON document instead of words")
    .action((dir: string, options: { template: TemplateName }) =>
      run(command, async ({ cwd }) => {
        const directory = resolve(cwd, dir);
        const files = templates[options.template](basename(directory));
        const taken = Object.keys(files).filter((name) => existsSync(join(directory, name)));
        if (taken.length > 0) {
          throw new PawlError("conflict", "There is something here already; nothing was written.", {
            found: taken.map((name) => join(relative(cwd, directory), name)).join(", "),
            expected: "a folder without these files",
            next: "Choose another folder: pawl init my-project",
          });
        }
        for (const [name, text] of Object.entries(files)) {
          const path = join(directory, name);
          await mkdir(dirname(path), { recursive: true });
          // "wx" refuses a file that came into being meanwhile.
          await writeFile(path, text, { flag: "wx" });
        }
        const enter = relative(cwd, directory);
        return {
          document: { directory, template: options.template, files: Object.keys(files) },
          words: (paint) =>
            [
              `${paint.good("✓")} A project in ${paint.bold(directory)}`,
              ...Object.keys(files).map((name) => `  ${name}`),
              "",
              `Next: ${enter === "" ? "" : `cd ${enter} && `}${options.template === "flights" ? "npm install && " : ""}pawl apply --plan`,
            ].join("\n"),
        };
      }),
    );
  example(command, "pawl init late-flights --template flights");
};

function templateName(text: string): TemplateName {
  if (Object.hasOwn(templates, text)) return text as TemplateName;
  throw new InvalidArgumentError(`It must be one of ${Object.keys(templates).join(", ")}.`);
}
