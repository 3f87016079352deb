import { nameOf, type ByteString } from '../text/bytes.ts';
import type { Name } from '../schema/name.ts';
import { baseName, firstValue, readFlags } from './flags.ts';

/** What the command line of systemd-nspawn says. */
export interface NspawnArgs {
  /** Name of the machine, where the command line fixes it. */
  readonly machine: ByteString | null;
  readonly directory: Name | null;
  readonly image: Name | null;
}

const VALUED = new Set(
  (
    'D directory template root-hash root-hash-sig verity-data i image oci-bundle pivot-root M machine hostname uuid S slice ' +
    'property E setenv a chdir u user capability drop-capability ambient-capability no-new-privileges rlimit ' +
    'oom-score-adjust cpu-affinity personality network-interface network-macvlan network-ipvlan network-veth-extra ' +
    'network-bridge network-zone network-namespace-path p port private-users private-users-ownership bind bind-ro inaccessible ' +
    'tmpfs overlay overlay-ro bind-user console resolv-conf timezone link-journal kill-signal settings notify-ready ' +
    'system-call-filter Z selinux-context L selinux-apifs-context load-credential set-credential'
  ).split(' '),
);

/**
 * Parses the command line of systemd-nspawn (systemd-nspawn(1)). Without `--machine` the name is made from the image's or
 * the directory's last component, without what a host name cannot hold. Null: not systemd-nspawn.
 */
export function parseNspawnArgs(argv: readonly ByteString[]): NspawnArgs | null {
  if (baseName(argv[0] ?? '') !== 'systemd-nspawn') return null;
  const { values } = readFlags(argv.slice(1), { valued: VALUED, stopAtFirst: true });
  const flags = { values, given: new Set<string>(), rest: [] };
  const directory = firstValue(flags, 'D', 'directory') ?? null;
  const image = firstValue(flags, 'i', 'image') ?? null;
  const machine = firstValue(flags, 'M', 'machine') ?? machineFrom(image ?? directory);
  return {
    machine: machine === null || machine === '' ? null : machine,
    directory: directory === null ? null : nameOf(directory),
    image: image === null ? null : nameOf(image),
  };
}

function machineFrom(path: ByteString | null): ByteString | null {
  if (path === null) return null;
  const base = baseName(path.replace(/\/+$/, '')).replace(/\.raw$/, '');
  return base.replace(/[^A-Za-z0-9.-]/g, '');
}

/** A machine that is registered with systemd-machined. */
export interface Machine {
  readonly name: Name;
  /** `container` or `vm`. */
  readonly machineClass: string | null;
  /** Who registered it: `systemd-nspawn`, `libvirt-lxc` … */
  readonly service: string | null;
  /** Its scope or service unit, whose cgroup it lives in. */
  readonly unit: Name | null;
  readonly root: Name | null;
  readonly leader: number | null;
  /** When it was registered, microseconds since the epoch. */
  readonly realtimeUsec: number | null;
}

/**
 * Parses `/run/systemd/machines/NAME` (systemd, src/machine/machine.c, machine_save; read by sd-login): `KEY=VALUE` lines,
 * values C-escaped and quoted where they hold more than plain characters. Null: malformed, it has no name.
 */
export function parseMachine(text: ByteString): Machine | null {
  const values = new Map<string, ByteString>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z_]+)=(.*)$/s.exec(line);
    if (match !== null) values.set(match[1] ?? '', unquote(match[2] ?? ''));
  }
  const name = values.get('NAME');
  if (name === undefined || name === '') return null;
  const named = (key: string): Name | null => {
    const value = values.get(key);
    return value === undefined || value === '' ? null : nameOf(value);
  };
  return {
    name: nameOf(name),
    machineClass: values.get('CLASS') ?? null,
    service: values.get('SERVICE') ?? null,
    unit: named('SCOPE'),
    root: named('ROOT'),
    leader: numberOf(values.get('LEADER')),
    realtimeUsec: numberOf(values.get('REALTIME')),
  };
}

function numberOf(text: ByteString | undefined): number | null {
  const value = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : 0;
  return Number.isSafeInteger(value) && value > 0 ? value : null;
}

function unquote(text: ByteString): ByteString {
  const inner = /^"(.*)"$/s.exec(text)?.[1];
  return inner === undefined ? text : inner.replace(/\\(.)/gs, '$1');
}
