#!/usr/bin/env node
// The start of nsinspect. It must say something sensible under any Node that knows ES modules, also under those that it
// does not work with: hence no syntax and no module that is newer than them, and nothing but this file before the check.
import fs from 'fs';
import os from 'os';
import * as nodeModule from 'module';
import path from 'path';
import { fileURLToPath } from 'url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 12)) {
  fail(
    `needs Node.js 22.12 or newer and was started by ${process.versions.node}: ` +
      (fs.existsSync(path.join(root, 'node_modules/.bin/node'))
        ? 'start it as `npx nsinspect` in its checkout, which has its own Node.js'
        : 'install a newer one'),
  );
} else {
  start();
}

function start() {
  // A reader that has seen enough (`| head`) closes the pipe: that is no failure, and there is nobody left to write to.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (error.code === 'EPIPE') process.exit();
      // A full disk: whoever reads the exit status must not take what is there for the result.
      if (stream === process.stdout) fail(`cannot write to stdout: ${error.code}`);
      process.exit(2);
    });
  }
  const pjson = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const argv = process.argv.slice(2);
  if (argv[0] === '--version' || argv[0] === '-V') {
    process.stdout.write(`nsinspect ${pjson.version}\n`);
    return;
  }
  const entry = path.join(root, 'dist/cli.js');
  if (!fs.existsSync(entry)) {
    fail('is not built yet: run `npm ci` in its checkout');
    return;
  }
  nameWhatOclifAsksFor();
  const cache = cacheDirectory();
  if (cache) nodeModule.enableCompileCache(cache);
  import(entry).then(({ main }) => main(argv, root, pjson)).then(exitWhenWritten);
}

/**
 * Otherwise Node takes its heaps down piece by piece, which the kernel does at once (measured: 15 ms with 5,000 processes). Where
 * the reader is slow there is output left, and the process ends by itself when that is written.
 */
function exitWhenWritten() {
  // An error in writing is told after this: to end now would be to end with success.
  if (process.stdout.errored || process.stderr.errored) return;
  if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit();
}

/** oclif asks for the user's home and shell and fails for a user without an entry in passwd, as containers have them. */
function nameWhatOclifAsksFor() {
  try {
    os.userInfo();
  } catch (error) {
    if (error.code !== 'ERR_SYSTEM_ERROR') throw error;
    if (process.env.HOME === undefined) process.env.HOME = '/';
    if (process.env.SHELL === undefined) process.env.SHELL = '/bin/sh';
  }
}

function fail(message) {
  process.stderr.write(`nsinspect: ${message}\n`);
  process.exitCode = 2;
}

/**
 * Where Node may keep compiled code, which saves about a tenth of a start. Whoever can write there decides what runs:
 * the default under /tmp can be somebody else's. So it is beside the code itself where that is ours, or else in our
 * own cache directory, and nowhere if a directory on the way to it can be changed by others.
 */
function cacheDirectory() {
  try {
    const dist = path.join(root, 'dist');
    if (isOwn(fs.lstatSync(dist))) return path.join(dist, '.compile-cache');
    const base = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
    const ours = path.join(fs.realpathSync(base), 'nsinspect');
    for (let above = path.dirname(ours); ; above = path.dirname(above)) {
      if (!isTrusted(fs.lstatSync(above))) return undefined;
      if (above === path.dirname(above)) break;
    }
    fs.mkdirSync(ours, { recursive: true, mode: 0o700 });
    return isOwn(fs.lstatSync(ours)) ? ours : undefined;
  } catch {
    // No home, a read-only file system: it starts a little slower.
    return undefined;
  }
}

function isOwn(stat) {
  return stat.isDirectory() && stat.uid === process.geteuid() && (stat.mode & 0o022) === 0;
}

function isTrusted(stat) {
  return stat.isDirectory() && (stat.uid === 0 || stat.uid === process.geteuid()) && (stat.mode & 0o022) === 0;
}
