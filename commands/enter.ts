import { string } from '@oclif/core/args';
import { boolean, option, string as stringFlag } from '@oclif/core/flags';

import { BaseCommand } from '../src/cli/base-command.ts';
import { obtain } from '../src/cli/source.ts';
import type { EnterDocument } from '../src/schema/enter.ts';
import { NS_TYPES } from '../src/schema/namespace.ts';
import { NsinspectError } from '../src/text/error.ts';

export default class Enter extends BaseCommand {
  static override summary = "Run a command inside a target's namespaces.";
  static override description =
    "Enters, with nsenter of util-linux, every namespace in which the target is not where you are. The command itself comes from the target's file system where its mount namespace is entered. It stays in your cgroups: the target's limits do not apply to it. Its exit status is handed on.";
  static override usage = 'enter TARGET [--type LIST] [--root] [--preserve-credentials] -- COMMAND [ARGUMENT...]';
  static override examples = [
    '<%= config.bin %> enter docker:web -- sh',
    {
      description: "your own tools in a container's network",
      command: '<%= config.bin %> enter docker:web --type net -- ss -tlnp',
    },
    {
      description: 'a network namespace that no process is in',
      command: "<%= config.bin %> enter 'net:[4026532184]' -- ip address",
    },
  ];
  static override exitCodes = {
    126: 'the command could not be run',
    127: 'the command was not found',
    '128+n': 'signal n ended the command',
    other: 'the exit status of the command; 1 also where nsenter could not enter, with a line of its own',
  };
  static override args = {
    target: string({ required: true, description: 'A process, a container or a namespace (net:[4026532184]).' }),
  };
  static override flags = {
    type: option({
      options: NS_TYPES,
      multiple: true,
      delimiter: ',',
      summary: 'Enter only namespaces of these types.',
    })(),
    root: boolean({ summary: "Take over the target's root directory, too, as for a process under chroot." }),
    'preserve-credentials': boolean({ summary: 'Stay who you are in a user namespace instead of becoming its root.' }),
    'dry-run': boolean({ summary: 'Say what would be entered, and run nothing.' }),
    from: stringFlag({ hidden: true }),
    'host-root': stringFlag({ hidden: true }),
    snapshot: stringFlag({ hidden: true }),
  };

  async run(): Promise<EnterDocument | undefined> {
    const end = this.argv.indexOf('--');
    const command = end === -1 ? [] : this.argv.slice(end + 1);
    const { args, flags } = await this.parse(Enter, end === -1 ? this.argv : this.argv.slice(0, end));
    const elsewhere = flags.from ?? flags['host-root'] ?? flags.snapshot;
    if (elsewhere !== undefined) {
      throw new NsinspectError('only the live host can be entered, no capture, no snapshot and no other root', {
        code: 'usage',
      });
    }
    if (command.length === 0 && !flags['dry-run']) {
      throw new NsinspectError('no command to run', {
        code: 'usage',
        hint: 'it stands after --, as in: enter web -- sh',
      });
    }
    const [{ openEntry, runInside }, { viewOf }, { findProgram }] = await Promise.all([
      import('../src/cli/enter.ts'),
      import('../src/cli/view.ts'),
      import('../src/cli/programs.ts'),
    ]);
    const nsenter = findProgram('nsenter');
    if (nsenter === null) {
      throw new NsinspectError('nsenter is not installed', { code: 'no-nsenter', hint: 'it is part of util-linux' });
    }
    const capture = await obtain(
      {},
      {
        facets: ['tasks', 'namespaces', 'engines'],
        tasks: { detail: 'none', cgroups: true, root: false, threadCgroups: false },
      },
      this.tool,
    );
    const view = viewOf(capture);
    const wishes = {
      types: flags.type ?? null,
      root: flags.root,
      keepCredentials: flags['preserve-credentials'],
    };
    const { options, close, isEmptyPidNamespace, ...entry } = openEntry(args.target, view, wishes);
    if (flags['dry-run']) {
      close();
      this.print(await linesOf(entry));
      return { schema: 'nsinspect/enter/1', tool: this.tool, ...entry };
    }
    if (entry.namespaces.length === 0)
      this.note(`${entry.target} is in all of these namespaces of ours: nothing is entered`);
    process.exitCode = await runInside(nsenter, [...options, '--', ...command]);
    close();
    if (process.exitCode === 1 && isEmptyPidNamespace) {
      this.note(`${entry.target} has no process: where its first one has ended the kernel lets no other in (ENOMEM)`);
    }
    return undefined;
  }

  /** stdout belongs to the command that was run. */
  protected override logJson(document: unknown): void {
    if (document !== undefined) super.logJson(document);
  }
}

async function linesOf(entry: Omit<EnterDocument, 'schema' | 'tool'>): Promise<string[]> {
  const { enterLines } = await import('../reports/enter.ts');
  return enterLines(entry);
}
