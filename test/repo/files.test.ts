import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { ROOT } from '../support/cli.ts';

const text = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const pjson = JSON.parse(text('package.json')) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
};
const lock = JSON.parse(text('package-lock.json')) as {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean; readonly resolved?: string }>>;
};

describe('package.json and the lock file', () => {
  it('pin every package', () => {
    for (const version of Object.values({ ...pjson.dependencies, ...pjson.devDependencies })) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });

  it('allow every install script by name, and no other', () => {
    const withScript = Object.entries(lock.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([name]) => name.replace(/^.*node_modules\//, ''));
    // fsevents is for macOS and is never installed on Linux.
    expect(new Set(Object.keys(pjson.allowScripts))).toEqual(new Set(withScript.filter((name) => name !== 'fsevents')));
  });

  it('name no host that packages come from', () => {
    expect(Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  });

  it('have a version that the changelog knows', () => {
    expect(text('CHANGELOG.md')).toMatch(/^## (Unreleased|\d)/m);
  });
});

describe('the repository', () => {
  it('does not hold what a build makes', () => {
    const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).split('\n');
    expect(tracked.filter((file) => /^(dist|node_modules)\/|oclif\.manifest/.test(file))).toEqual([]);
  });
});
