import { string } from '@oclif/core/args';

import { BaseCommand } from '../src/cli/base-command.ts';
import { completionScript, SHELLS, type Shell } from '../src/cli/completion.ts';

export default class Completion extends BaseCommand {
  static override summary = 'Print the shell code that completes nsinspect commands and flags.';
  static override examples = [
    { description: 'bash, in this shell or in ~/.bashrc', command: 'source <(<%= config.bin %> completion bash)' },
    {
      description: 'zsh, once, with ~/.zfunc in fpath',
      command: '<%= config.bin %> completion zsh > ~/.zfunc/_nsinspect',
    },
    {
      description: 'fish, once',
      command: '<%= config.bin %> completion fish > ~/.config/fish/completions/nsinspect.fish',
    },
  ];
  static override args = {
    shell: string({ description: 'The shell to complete in.', options: [...SHELLS], required: true }),
  };

  async run() {
    const { args } = await this.parse(Completion);
    const shell = args.shell as Shell;
    const script = completionScript(shell, this.config);
    this.log(script.trimEnd());
    return { schema: 'nsinspect/completion/1', shell, script };
  }
}
