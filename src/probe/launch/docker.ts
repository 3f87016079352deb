/**
 * Containers by dockerd, the one that docker's own variables (DOCKER_HOST …) tell of. Its image is imported from a tar archive
 * of empty directories, under the launcher's mark, and removed with the launcher.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { NsinspectError } from '../../text/error.ts';
import { undoAtEnd } from '../live.ts';
import { MARK_VARIABLE, newMark } from '../mark.ts';
import { makeMarked, removeMarked, stateRoot } from '../state.ts';
import type { Place } from './container.ts';
import { ask, launchByEngine, removeContainer, type Engine } from './engine.ts';
import { PATH } from './gated.ts';
import type { LaunchSpec, Probe } from './launcher.ts';
import { ProgramLauncher } from './program.ts';
import { makeRoot } from './root.ts';
import { lastLine } from './text.ts';

/** In the directory of a mark: by which daemon the container or image of that name is, for whoever cleans up after its maker. */
const NOTES = { container: 'docker-container.json', image: 'docker-image.json' } as const;

function engine(environment: Readonly<Record<string, string | undefined>> = process.env): Engine {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && (name.startsWith('DOCKER_') || name === 'HOME')) env[name] = value;
  }
  return { runtime: 'docker', command: ['docker'], env };
}

const imageOf = (mark: string) => `${mark}:latest`;

/** See the head of this file. */
export class DockerLauncher extends ProgramLauncher<'docker'> {
  readonly #engine = engine();
  #image: { readonly name: string; readonly remove: () => void } | null = null;

  constructor() {
    super('docker');
  }

  protected override async failure(): Promise<string | null> {
    try {
      const driver = ask(this.#engine, ['info', '--format', '{{.CgroupDriver}}']);
      if (driver !== 'cgroupfs')
        return `its cgroup driver is ${driver}, which puts no container into a cgroup that it did not make`;
    } catch (error) {
      if (!(error instanceof NsinspectError)) throw error;
      return error.message;
    }
    return super.failure();
  }

  protected start(spec: LaunchSpec, place: Place, began: number): Promise<Probe> {
    const name = this.#imageName();
    note(place.directory, 'container', this.#engine);
    const binds = makeRoot(place.make('root'), spec, place.scratch);
    return launchByEngine(this.#engine, { spec, image: ['--pull', 'never', name], binds }, place, began);
  }

  override close(): void {
    this.#image?.remove();
    this.#image = null;
  }

  #imageName(): string {
    this.#image ??= importImage(this.#engine);
    return this.#image.name;
  }
}

function note(directory: string, kind: keyof typeof NOTES, { env }: Engine): void {
  writeFileSync(path.join(directory, NOTES[kind]), JSON.stringify(env), { mode: 0o600 });
}

/** The daemon that a note tells of; null: there is no note of that kind. */
function noted(directory: string, kind: keyof typeof NOTES): Engine | null {
  const file = path.join(directory, NOTES[kind]);
  return existsSync(file) ? engine(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>) : null;
}

function importImage(docker: Engine): { name: string; remove: () => void } {
  const mark = newMark();
  const directory = makeMarked(stateRoot(), mark);
  const name = imageOf(mark);
  let isMade = false;
  const remove = () => {
    if (isMade) removeImage(docker, mark);
    removeMarked(directory);
    forget();
  };
  const forget = undoAtEnd(remove);
  try {
    note(directory, 'image', docker);
    const root = path.join(directory, 'root');
    mkdirSync(root);
    makeRoot(root, {}, null);
    const script = 'tar -C "$1" -cf - . | docker import - "$2"';
    const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', root, name], {
      env: { PATH: `${process.env['PATH'] ?? ''}:${PATH}`, ...docker.env, [MARK_VARIABLE]: mark },
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 60_000,
    });
    isMade = status === 0;
    if (!isMade) throw new NsinspectError(`docker import: ${lastLine(stderr)}`, { code: 'probe-failed' });
  } catch (error) {
    remove();
    throw error;
  }
  return { name, remove };
}

function removeImage(docker: Engine, mark: string): void {
  if (ask(docker, ['images', '--quiet', imageOf(mark)]) !== '') ask(docker, ['rmi', '--force', imageOf(mark)]);
}

/** Names of the containers and images that a marked directory tells of. */
export function containersOf(directory: string): string[] {
  return Object.values(NOTES).some((name) => existsSync(path.join(directory, name))) ? [path.basename(directory)] : [];
}

/** Removes the container of the mark whose directory this is, if it has one. Gives its name. */
export function removeContainerOf(directory: string): string[] {
  const docker = noted(directory, 'container');
  if (docker === null) return [];
  removeContainer(docker, path.basename(directory));
  return [path.basename(directory)];
}

/** As {@link removeContainerOf}, for an image. After all containers: one that is in use loses its name only. */
export function removeImageOf(directory: string): string[] {
  const docker = noted(directory, 'image');
  if (docker === null) return [];
  removeImage(docker, path.basename(directory));
  return [path.basename(directory)];
}
