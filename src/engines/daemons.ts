/** Command lines and configuration files of the daemons: where they keep their state. */
import type { Name } from '../schema/name.ts';
import { nameOf, type ByteString } from '../text/bytes.ts';
import { baseName, firstValue, readFlags } from './flags.ts';
import { isObject, parseJson, textOf } from './json.ts';
import { tomlStrings } from './toml.ts';

/** What the command line of a daemon says; what it leaves open is in the configuration file, else the default. */
export interface DaemonArgs {
  readonly engine: 'docker' | 'containerd' | 'cri-o';
  /** Null: the default file. */
  readonly config: ByteString | null;
  readonly paths: Readonly<Record<string, Name>>;
}

const DOCKERD = new Set([
  'data-root',
  'g',
  'graph',
  'exec-root',
  'config-file',
  'H',
  'host',
  'p',
  'pidfile',
  'containerd',
  'userland-proxy-path',
  'cgroup-parent',
  'l',
  'log-level',
  's',
  'storage-driver',
  'b',
  'bridge',
  'bip',
  'add-runtime',
  'default-runtime',
  'storage-opt',
  'exec-opt',
  'containerd-namespace',
  'containerd-plugins-namespace',
]);
const CONTAINERD = new Set(['c', 'config', 'l', 'log-level', 'a', 'address', 'root', 'state']);
const CRIO = new Set([
  'c',
  'config',
  'd',
  'config-dir',
  'root',
  'r',
  'runroot',
  'listen',
  'storage-driver',
  's',
  'log-level',
  'l',
  'conmon',
  'cgroup-manager',
]);

/**
 * Parses the command line of dockerd(8), containerd(8) or crio(8). Relative paths are left as they are. Null: none of
 * these, or started to do something else (`containerd config dump`).
 */
export function parseDaemonArgs(argv: readonly ByteString[]): DaemonArgs | null {
  const program = baseName(argv[0] ?? '');
  if (program === 'dockerd' || program === 'dockerd-rootless') {
    const flags = readFlags(argv.slice(1), { valued: DOCKERD });
    return {
      engine: 'docker',
      config: firstValue(flags, 'config-file') ?? null,
      paths: bytesNamed({
        dataRoot: firstValue(flags, 'data-root', 'graph', 'g'),
        execRoot: firstValue(flags, 'exec-root'),
        containerd: firstValue(flags, 'containerd'),
      }),
    };
  }
  if (program === 'containerd' || program === 'docker-containerd') {
    const flags = readFlags(argv.slice(1), { valued: CONTAINERD, stopAtFirst: true });
    if (flags.rest.length > 0) return null;
    return {
      engine: 'containerd',
      config: firstValue(flags, 'c', 'config') ?? null,
      paths: bytesNamed({
        root: firstValue(flags, 'root'),
        state: firstValue(flags, 'state'),
        address: firstValue(flags, 'a', 'address'),
      }),
    };
  }
  if (program === 'crio') {
    const flags = readFlags(argv.slice(1), { valued: CRIO, stopAtFirst: true });
    if (flags.rest.length > 0) return null;
    return {
      engine: 'cri-o',
      config: firstValue(flags, 'c', 'config') ?? null,
      paths: bytesNamed({ root: firstValue(flags, 'r', 'root'), runRoot: firstValue(flags, 'runroot') }),
    };
  }
  return null;
}

/** What dockerd's `daemon.json` says of its directories (dockerd(8)). Null: malformed. */
export function parseDockerDaemonJson(text: ByteString): Readonly<Record<string, Name>> | null {
  const config = parseJson(text);
  if (!isObject(config)) return null;
  return named({
    dataRoot: textOf(config['data-root']) ?? textOf(config['graph']) ?? undefined,
    execRoot: textOf(config['exec-root']) ?? undefined,
    containerd: textOf(config['containerd']) ?? undefined,
  });
}

/** What containerd's `config.toml` says of its directories (containerd-config.toml(5)). */
export function parseContainerdConfig(text: ByteString): Readonly<Record<string, Name>> {
  const strings = tomlStrings(text);
  return named({ root: strings.get('root'), state: strings.get('state'), address: strings.get('grpc.address') });
}

function named(values: Readonly<Record<string, Name | undefined>>): Readonly<Record<string, Name>> {
  const names: [string, Name][] = [];
  for (const [key, value] of Object.entries(values)) if (value !== undefined && value !== '') names.push([key, value]);
  return Object.fromEntries(names);
}

function bytesNamed(values: Readonly<Record<string, ByteString | undefined>>): Readonly<Record<string, Name>> {
  return named(
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, value === undefined ? value : nameOf(value)]),
    ),
  );
}
