/** Bad input: one clear line on stderr, exit status 2, and with --json the error object. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { cli, cliJson, type Result } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { plantFor } from '../support/plant-for-test.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Runs the arguments with and without --json; both must fail in the way that DESIGN's exit codes promise. */
async function expectFailure(args: readonly string[], message: RegExp): Promise<void> {
  const plain = await cli(...args);
  expectOneLine(plain, message);
  expect(plain.stdout).toBe('');

  const json = await cli(...args, '--json');
  expectOneLine(json, message);
  const document = JSON.parse(json.stdout) as { error: { message: string } };
  expect(document).toEqual({
    schema: 'nsinspect/error/1',
    error: {
      code: expect.stringMatching(/^[a-z][a-z-]*$/) as unknown,
      message: expect.stringMatching(message) as unknown,
      hint: expect.toSatisfy((hint) => hint === null || typeof hint === 'string') as unknown,
    },
  });
  // Not the answer to everything, by which a defect would pass.
  expect(json.stdout).not.toMatch(/"internal"/);
}

function expectOneLine({ status, stderr }: Result, message: RegExp): void {
  expect(stderr).toMatch(/^nsinspect: [^\n]+\n$/);
  expect(stderr).toMatch(message);
  expect(status).toBe(2);
}

describe('a target', () => {
  test.each([
    ['a pid that is not there', '4194305', /4194305/],
    ['a namespace that is not there', 'net:[1]', /net:\[1\]/],
    ['a type of namespace that there is not', 'disk:[4026531840]', /disk/],
    ['a container that is not there', 'docker:no-such-container', /no-such-container/],
    ['a name of nothing', 'no-such-thing', /no-such-thing/],
    ['a path that is not there', '/no/such/path', /\/no\/such\/path/],
    ['a path of something else', '/dev/null', /\/dev\/null/],
    ['nothing', '', /target/i],
    ['a number too big', '99999999999999999999', /99999999999999999999/],
    ['an escape sequence', '\u001b]0;x\u0007', /x/],
  ])('%s', async (_, target, message) => {
    await expectFailure(['why', target], message);
  });

  test('that is missing', async () => {
    await expectFailure(['why'], /target/i);
  });

  describeWith(['root', 'cc'], 'that is ambiguous', () => {
    test('names the candidates', async (context) => {
      // The same path in two mount namespaces: in each it leads to the mount on top, the second of its two.
      const [first, second] = [await plantFor(context, 'overmount'), await plantFor(context, 'overmount')].map(
        ({ namespaces }) => namespaces.filter(({ type }) => type === 'net')[1]?.inum,
      );
      // Either of the two comes first.
      await expectFailure(['why', '/run/netns/a'], new RegExp(`(?=.*${String(first)})(?=.*${String(second)})`));
    });
  });

  test('that died meanwhile', async () => {
    const child = spawn('sleep', ['60']);
    const { pid } = child;
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expectFailure(['why', String(pid)], new RegExp(String(pid)));
  });
});

describe('a flag', () => {
  test('that there is not', async () => {
    await expectFailure(['ls', '--no-such-flag'], /no-such-flag/);
  });

  test('with a value that there is not', async () => {
    await expectFailure(['ls', '--type', 'disk'], /disk/);
  });

  test('that excludes another', async () => {
    await expectFailure(['ls', '--from', 'x', '--host-root', '/'], /host-root|from/);
  });

  test('column that there is not', async () => {
    await expectFailure(['ls', '-o', 'colour'], /colour/);
  });
});

describe('a capture', () => {
  test('that is not there', async (context) => {
    await expectFailure(['ls', '--from', path.join(temporaryDirectory(context), 'none.nsc')], /none\.nsc/);
  });

  test('that is a directory', async (context) => {
    await expectFailure(['ls', '--from', temporaryDirectory(context)], /nsinspect-test-/);
  });

  test('that is empty', async (context) => {
    const file = path.join(temporaryDirectory(context), 'empty.nsc');
    writeFileSync(file, '');
    await expectFailure(['ls', '--from', file], /empty\.nsc/);
  });

  test('that is none', async (context) => {
    const file = path.join(temporaryDirectory(context), 'random.nsc');
    // The same bytes in each run: a multiplicative generator (Park and Miller).
    writeFileSync(
      file,
      Uint8Array.from({ length: 5000 }, (_, i) => Number(48271n ** BigInt(i % 97) % 251n)),
    );
    await expectFailure(['ls', '--from', file], /random\.nsc/);
  });

  test('that is other JSON', async (context) => {
    const file = path.join(temporaryDirectory(context), 'other.nsc');
    writeFileSync(
      file,
      recompress(await capture(context), () => '{"name":"other"}'),
    );
    await expectFailure(['ls', '--from', file], /other\.nsc/);
  });

  test('that is cut', async (context) => {
    const whole = await capture(context);
    const directory = temporaryDirectory(context);
    for (const part of [0.999, 0.5, 0.01]) {
      const file = path.join(directory, `cut-${part}.nsc`);
      writeFileSync(file, whole.subarray(0, Math.floor(whole.length * part)));
      await expectFailure(['ls', '--from', file], /cut-/);
    }
  });

  test('of a newer version', async (context) => {
    const file = path.join(temporaryDirectory(context), 'newer.nsc');
    writeFileSync(
      file,
      recompress(await capture(context), (text) => text.replace('nsinspect/capture/1"', 'nsinspect/capture/99"')),
    );
    await expectFailure(['ls', '--from', file], /newer|99/);
  });
});

describe('every command that analyses', () => {
  test.each([['ls'], ['tree'], ['inspect', '1'], ['why', '1']])(
    '%s refuses what is no capture and no root',
    async (...args) => {
      await expectFailure([...args, '--from', '/dev/null'], /\/dev\/null/);
      await expectFailure([...args, '--host-root', '/no/such/root'], /\/no\/such\/root/);
    },
  );

  test.each([['tree', '--pid'], ['tree', '--container'], ['inspect']])(
    '%s %s refuses what is not there',
    async (...args) => {
      await expectFailure([...args, '4194305'], /4194305/);
    },
  );

  test('capture says where it cannot write', async () => {
    await expectFailure(['capture', '--output', '/no/such/directory/host.nsc'], /\/no\/such\/directory/);
  });
});

describe('another root', () => {
  test('that is not there', async () => {
    await expectFailure(['ls', '--host-root', '/no/such/root'], /\/no\/such\/root/);
  });

  test('without /proc', async (context) => {
    await expectFailure(['ls', '--host-root', temporaryDirectory(context)], /proc/);
  });

  test('whose /proc is an empty directory', async (context) => {
    const directory = temporaryDirectory(context);
    mkdirSync(path.join(directory, 'proc'));
    await expectFailure(['ls', '--host-root', directory], /proc/);
  });
});

async function capture(context: Parameters<typeof temporaryDirectory>[0]): Promise<Buffer> {
  const file = path.join(temporaryDirectory(context), 'host.nsc');
  await cliJson('capture', '--json', '--output', file);
  return readFileSync(file);
}

/** Changes the text inside a compressed capture. */
function recompress(bytes: Buffer, change: (text: string) => string): Buffer {
  const text = gunzipSync(bytes).toString();
  const changed = change(text);
  expect(changed).not.toBe(text);
  return gzipSync(changed);
}
