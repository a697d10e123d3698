import { Command, CommanderError } from "commander";
import { printable } from "../base/printable.ts";
import { messageOf } from "../base/errors.ts";
import { packageVersion } from "../base/package.ts";
import { completionCommand, completionsCommand } from "./completion.ts";
import { doctorCommand } from "./doctor.ts";
import { graphCommand } from "./graph.ts";
import { exitCodes } from "./exit-codes.ts";
import { manifestsCommand } from "./manifests-command.ts";
import { planCommand } from "./plan.ts";
import { statusCommand } from "./status.ts";
import { uninstallCommand } from "./uninstall.ts";

const epilogue = `
Exit codes: ${exitCodes.done} done; ${exitCodes.failed} failed; ${exitCodes.usage} mistake in the command line; ${exitCodes.attention} done, and something needs attention.
Colours appear on a terminal only; NO_COLOR=1 switches them off.`;

/** Builds the command line. `name` is the name under which the user started it. */
export function commandLine(name: string): Command {
  const program = new Command(name)
    .description(
      "Give running Kubernetes pods NICs on networks outside the cluster: install, inspect, check, uninstall.",
    )
    .version(packageVersion, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .enablePositionalOptions()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, `${name}: `)) })
    .addHelpText("after", epilogue)
    .showHelpAfterError(`Run "${name} --help" for help.`);
  const commands = [
    manifestsCommand(),
    doctorCommand(),
    statusCommand(),
    graphCommand(),
    planCommand(),
    uninstallCommand(),
    completionCommand(),
  ];
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program));
  program.addCommand(completionsCommand(program), { hidden: true });
  return program;
}

/** Runs a command line and returns its exit code. Errors go to stderr. */
export async function runCommandLine(name: string, words: readonly string[]): Promise<number> {
  const program = commandLine(name);
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync([...words], { from: "user" });
    return Number(process.exitCode ?? exitCodes.done);
  } catch (error) {
    // Commander has already printed the message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    process.stderr.write(`${name}: ${printable(messageOf(error))}\n`);
    return exitCodes.failed;
  }
}
