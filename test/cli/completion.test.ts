import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { completionScript, SHELLS, type CompletionConfig } from '../../src/cli/completion.ts';
import { cli, cliJson, run } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { expectDocument } from '../support/schema.ts';

/** Commands of every shape: with a topic that is a command too, flags with and without values, arguments. */
const CONFIG: CompletionConfig = {
  bin: 'nsinspect',
  topics: [{ name: 'cgroup', description: "The kernel's control groups." }],
  commands: [
    command('ls', 'List namespaces.', {
      json: { type: 'boolean', name: 'json', summary: 'Print JSON.' },
      type: { type: 'option', name: 'type', char: 't', options: ['net', 'mnt'], summary: 'Only this type.' },
      from: { type: 'option', name: 'from', summary: "A capture's file." },
      secret: { type: 'boolean', name: 'secret', hidden: true },
    }),
    command('cgroup:show', 'Show one: "$HOME" `id`', {}),
    command('cgroup:tree', "The hierarchy's tree", {
      kind: { type: 'option', name: 'kind', options: ['v1', 'v2'] },
    }),
    { ...command('internal', 'Not for people.', {}), hidden: true },
    { ...command('completion', '', {}), args: { shell: { name: 'shell', options: ['bash', 'zsh', 'fish'] } } },
  ],
} as unknown as CompletionConfig;

function command(id: string, summary: string, flags: object) {
  return { id, summary, flags, args: {}, hidden: false };
}

/** What is typed before the cursor, and what must be offered. */
const CASES = [
  { typed: ['l'], offered: ['ls'] },
  { typed: [''], offered: ['cgroup', 'completion', 'ls'] },
  { typed: ['cgroup', ''], offered: ['show', 'tree'] },
  { typed: ['cgroup', 'tree', '--k'], offered: ['--kind'] },
  { typed: ['ls', '--'], offered: ['--from', '--help', '--json', '--type'] },
  { typed: ['ls', '--type', ''], offered: ['mnt', 'net'] },
  { typed: ['ls', '-t', 'n'], offered: ['net'] },
  { typed: ['ls', '--json', '--ty'], offered: ['--type'] },
  { typed: ['cgroup', 'tree', '--kind', 'v'], offered: ['v1', 'v2'] },
  { typed: ['completion', ''], offered: ['bash', 'fish', 'zsh'] },
];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'nsinspect-completion-'));
  for (const shell of SHELLS) writeFileSync(path.join(folder, shell), completionScript(shell, CONFIG));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('completion in bash', () => {
  /** Calls the function that `complete` has registered, as readline does. */
  async function complete(typed: readonly string[]): Promise<string[]> {
    const script = `
      source ${path.join(folder, 'bash')}
      [[ $(complete -p nsinspect) == 'complete -F _nsinspect nsinspect' ]] || exit 1
      compopt() { :; }
      COMP_WORDS=(nsinspect "$@"); COMP_CWORD=$#; _nsinspect; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { status, stdout, stderr } = await run(['bash', '--norc', '-c', script, 'bash', ...typed]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout.split('\n').filter(Boolean).sort();
  }

  it.each([
    ...CASES,
    { typed: ['ls', '--type', '=', 'm'], offered: ['mnt'] },
    { typed: ['ls', '--type', '='], offered: ['mnt', 'net'] },
    { typed: ['ls', '--from', ''], offered: [] },
  ])('$typed -> $offered', async ({ typed, offered }) => {
    expect(await complete(typed)).toEqual(offered);
  });

  it('is what the command prints, for the commands that there are', async () => {
    const script = `source <(printf '%s' "$1") && complete -p nsinspect && COMP_WORDS=(nsinspect comp) COMP_CWORD=1 && _nsinspect && echo "\${COMPREPLY[@]}"`;
    const { stdout } = await cli('completion', 'bash');
    expect(await run(['bash', '--norc', '-c', script, 'bash', stdout])).toEqual({
      status: 0,
      stdout: 'complete -F _nsinspect nsinspect\ncompletion\n',
      stderr: '',
    });
  });

  it('comes as JSON too', async () => {
    const document = await cliJson<{ schema: string; shell: string; script: string }>('completion', 'bash', '--json');
    expectDocument(document);
    expect(document.shell).toBe('bash');
    expect(`${document.script.trimEnd()}\n`).toBe((await cli('completion', 'bash')).stdout);
  });
});

describeWith(['fish'], 'completion in fish', () => {
  it.each(CASES)('$typed -> $offered', async ({ typed, offered }) => {
    const line = ['nsinspect', ...typed].join(' ');
    const script = `source ${path.join(folder, 'fish')}; complete -C '${line}'`;
    const { status, stdout, stderr } = await run(['fish', '--no-config', '-c', script]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const found = stdout.split('\n').map((offer) => offer.split('\t', 1)[0] ?? '');
    expect(found.filter(Boolean).sort()).toEqual(offered);
  });
});

describeWith(['zsh'], 'completion in zsh', () => {
  /** What zsh's own completion system is asked to add, in place of a terminal that shows it. */
  const HARNESS = `
    compdef() { :; }
    compset() { :; }
    _files() { :; }
    compadd() { shift; print -l -- "$@"; }
    _describe() { local list; [[ $1 == -o ]] && shift; for list in "\${(@P)2}"; do print -r -- "\${list%%:*}"; done; }
    source "$1"; shift
    words=(nsinspect "$@"); CURRENT=$#words
    _nsinspect`;

  it.each(CASES)('$typed -> $offered', async ({ typed, offered }) => {
    const { stdout, stderr } = await run(['zsh', '-f', '-c', HARNESS, 'zsh', path.join(folder, 'zsh'), ...typed]);
    expect(stderr).toBe('');
    // zsh itself drops what does not begin as the word before the cursor.
    const found = stdout.split('\n').filter((word) => word !== '' && word.startsWith(typed.at(-1) ?? ''));
    expect(found.filter((word) => !/^-[a-z]$/.test(word)).sort()).toEqual(offered);
  });
});
