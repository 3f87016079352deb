/**
 * Fetches the kernel that the tests in test/vm boot: Debian's cloud kernel, unpacked and not installed, so that
 * nothing of this machine's own boot changes: `node scripts/fetch-guest-kernel.ts`. Does nothing where there is one.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

import { fetchedKernels, findGuestKernel } from '../test/vm/kernel.ts';

/** Names the newest kernel package of its kind by a dependency. */
const META_PACKAGE = 'linux-image-cloud-amd64';

const found = findGuestKernel() ?? fetch();
console.log(found.image);

function fetch(): { image: string } {
  const target = fetchedKernels();
  mkdirSync(path.dirname(target), { recursive: true });
  const directory = mkdtempSync(`${target}.`);
  try {
    // apt checks the package's signature; as root it would otherwise download as a user who may not write here.
    apt('apt-get', ['--option', 'APT::Sandbox::User=root', 'download', packageName()], directory);
    const [file] = globSync('*.deb', { cwd: directory });
    if (file === undefined) throw new Error('apt-get downloaded no package');
    const unpacked = path.join(directory, 'unpacked');
    execFileSync('dpkg-deb', ['--extract', path.join(directory, file), unpacked], { stdio: 'inherit' });
    rmSync(target, { recursive: true, force: true });
    renameSync(unpacked, target);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const kernel = findGuestKernel();
  if (kernel === null) throw new Error(`${META_PACKAGE} holds no kernel`);
  return kernel;
}

function packageName(): string {
  const depends = /^Depends: (linux-image-\S+)/m;
  const named = depends.exec(apt('apt-cache', ['show', '--no-all-versions', META_PACKAGE]))?.[1];
  if (named === undefined) throw new Error(`apt knows no package ${META_PACKAGE}: run apt-get update`);
  return named;
}

function apt(program: string, args: readonly string[], cwd?: string): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], cwd });
}
