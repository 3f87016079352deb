import type { Interfaces } from '@oclif/core';
import { CommandHelp, Help } from '@oclif/core/help';

import { NsinspectError } from '../text/error.ts';
import { COMMON_EXIT_CODES } from './exit-codes.ts';

/** The manifest keeps every static of a command, this one among them. */
interface HasExitCodes {
  readonly exitCodes?: Readonly<Record<number, string>>;
}

/** oclif's help of one command, and the exit codes that scripts can rely on. */
class CommandHelpWithExitCodes extends CommandHelp {
  protected override sections(): ReturnType<CommandHelp['sections']> {
    return [
      ...super.sections(),
      { header: 'EXIT CODES', generate: () => this.list(exitCodeList(this.command as HasExitCodes)) },
    ];
  }

  private list(entries: [string, string][]): string {
    return this.renderList(entries, { indentation: 2, spacer: '\n', stripAnsi: this.opts.stripAnsi ?? false });
  }
}

/** The help of nsinspect; oclif loads it by its path in package.json. */
export default class NsinspectHelp extends Help {
  protected override CommandHelpClass = CommandHelpWithExitCodes;

  override formatRoot(): string {
    return `${super.formatRoot()}\n\n${this.section('EXIT CODES', this.renderList(rootExitCodes(), this.listOptions()))}`;
  }

  /** oclif answers `cgroup tre` with the help of the topic `cgroup` and success; a script must see that it failed. */
  protected override async showTopicHelp(topic: Interfaces.Topic): Promise<void> {
    const words = process.argv.slice(2);
    const depth = topic.name.split(':').length;
    const unknown = words.filter((word) => !word.startsWith('-'))[depth];
    if (unknown !== undefined && words[0] !== 'help' && !words.some((word) => word === '--help' || word === '-h')) {
      const command = topic.name.replaceAll(':', ' ');
      throw new NsinspectError(`no such command: ${command} ${unknown}`, {
        code: 'unknown-command',
        hint: `nsinspect ${command} --help lists them`,
      });
    }
    await super.showTopicHelp(topic);
  }

  private listOptions() {
    return { indentation: 2, spacer: '\n', stripAnsi: this.opts.stripAnsi ?? false };
  }
}

function exitCodeList(command: HasExitCodes): [string, string][] {
  return Object.entries({ ...COMMON_EXIT_CODES, ...command.exitCodes });
}

function rootExitCodes(): [string, string][] {
  return exitCodeList({
    exitCodes: { 1: 'it worked and found what it was told to fail on', 3: 'it worked and could not tell' },
  });
}
