import { string } from '@oclif/core/args';
import { boolean, option, string as text } from '@oclif/core/flags';

import { asTyped, momentArguments } from '../src/cli/arguments.ts';
import { BaseCommand } from '../src/cli/base-command.ts';
import { filterChanges, ONLY } from '../src/cli/diff-filter.ts';
import { ExitCode } from '../src/cli/exit-codes.ts';
import { outputFlags, outputStyle } from '../src/cli/flags.ts';
import { dbFlag } from '../src/cli/history.ts';
import { MOMENT_HELP } from '../src/cli/moment.ts';
import { sourceFlags } from '../src/cli/source.ts';

export default class Diff extends BaseCommand {
  static override summary =
    'Say what changed between two moments, in the words of containers, limits, rights and mounts.';
  static override description = `Each side is live (this host as it is), a moment of the history, or a capture file. A moment is ${MOMENT_HELP}. What every living host does all the time (processes that come and go) is counted, and listed with --all.`;
  static override examples = [
    { description: 'since the last snapshot', command: '<%= config.bin %> diff' },
    { description: 'since ten minutes ago', command: '<%= config.bin %> diff -10m' },
    { description: 'two snapshots', command: '<%= config.bin %> diff 12 latest' },
    { description: 'two files', command: '<%= config.bin %> diff before.nsc after.nsc' },
    {
      description: 'fail where a limit or a right was loosened',
      command: '<%= config.bin %> diff before-upgrade.nsc live --only loosened --exit-code',
    },
  ];
  static override exitCodes = { [ExitCode.found]: 'with --exit-code: something that is shown changed' };
  static override args = {
    a: string({ default: 'latest', description: 'The earlier side.' }),
    b: string({ default: 'live', description: 'The later side.' }),
  };
  static override flags = {
    all: boolean({ default: false, summary: 'What every living host does all the time, too.' }),
    only: option({
      options: ONLY,
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'LIST',
      summary: `Only changes of these aspects or kinds: ${ONLY.join(', ')}.`,
    })(),
    ignore: text({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATTERN',
      summary: "Leave out changes whose subject, container or field is this, with * for any text ('docker:ci-*').",
    }),
    'exit-code': boolean({ default: false, summary: 'Exit with 1 if something that is shown changed.' }),
    facts: boolean({
      dependsOn: ['json'],
      summary: 'With --json: every fact that differs, too, moving numbers included.',
    }),
    'host-root': sourceFlags['host-root'],
    db: dbFlag,
    ...outputFlags,
  };

  async run() {
    const { args, flags } = await this.parse(Diff, momentArguments(this.argv));
    const [{ obtainSides }, { compareCaptures }, { diffDocument, diffSide }, { diffLines }, { makeStyle }] =
      await Promise.all([
        import('../src/cli/diff-sides.ts'),
        import('../src/diff/compare.ts'),
        import('../reports/diff.ts'),
        import('../reports/diff-text.ts'),
        import('../reports/style.ts'),
      ]);
    const [from, to] = await obtainSides([asTyped(args.a), asTyped(args.b)], flags, this.tool);
    const diff = compareCaptures(from.capture, to.capture);
    const filtered = filterChanges(diff.changes, {
      only: flags.only ?? [],
      ignore: flags.ignore ?? [],
      all: flags.all,
    });
    const facts = flags.facts ? (await import('../src/facts/patch.ts')).patchOf(from.capture, to.capture) : null;
    const document = diffDocument(
      this.tool,
      [diffSide(from.name, from.capture, from.snapshot), diffSide(to.name, to.capture, to.snapshot)],
      diff,
      filtered,
      facts,
    );
    this.print(diffLines(document, flags.all, makeStyle(outputStyle(flags))));
    if (flags['exit-code'] && document.count > 0) process.exitCode = ExitCode.found;
    return document;
  }
}
