import { Argument, Command } from "commander";

/** The shells' scripts call the program for candidates, so that these always match what it accepts. */
const scripts = {
  bash: `_pulumi_vnic() {
  mapfile -t COMPREPLY < <(compgen -W "$(pulumi-vnic __complete "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _pulumi_vnic pulumi-vnic
`,
  zsh: `#compdef pulumi-vnic
_pulumi_vnic() {
  compadd -- \${(f)"$(pulumi-vnic __complete "\${(@)words[2,CURRENT-1]}" 2>/dev/null)"} || _files
}
compdef _pulumi_vnic pulumi-vnic
`,
  fish: `complete -c pulumi-vnic -a "(pulumi-vnic __complete (commandline -opc)[2..] 2>/dev/null)"
`,
};

/** `completion <shell>`: prints the completion script for a shell. */
export function completionCommand(): Command {
  return new Command("completion")
    .summary("print a completion script for a shell")
    .description(`Print a completion script. For bash: source <(pulumi-vnic completion bash)`)
    .addArgument(new Argument("<shell>").choices(Object.keys(scripts)))
    .action((shell: keyof typeof scripts) => void process.stdout.write(scripts[shell]));
}

/** `__complete <words>`: prints the candidates for the completion scripts, one per line. */
export function completionsCommand(program: Command): Command {
  return new Command("__complete")
    .argument("[words...]", "the words before the one to complete")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(
      (words: string[]) =>
        void process.stdout.write(
          candidates(program, words)
            .map((one) => `${one}\n`)
            .join(""),
        ),
    );
}

/** The possible next words: commands, or a command's options and the choices of its arguments. */
export function candidates(program: Command, words: readonly string[]): string[] {
  const command = program.commands.find((one) => one.name() === words[0] && !one.name().startsWith("__"));
  const options = [...(command ?? program).options, { long: "--help" }].flatMap(({ long }) => long ?? []);
  if (command) return [...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices), ...options];
  const names = program.commands.map((one) => one.name()).filter((name) => !name.startsWith("__"));
  return words.length === 0 ? [...names, ...options] : [];
}
