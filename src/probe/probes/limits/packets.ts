/**
 * Packets, marked by a controller of networks: sent by a payload, and counted by rules of nftables. These stand in a table
 * that goes when whoever made it goes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { NsinspectError } from '../../../text/error.ts';
import { PATH } from '../../launch/gated.ts';
import type { LaunchSpec, Probe } from '../../launch/launcher.ts';
import { versionOf } from '../../launch/root.ts';
import { MARK_VARIABLE, newMark } from '../../mark.ts';
import { invariant, settingsOf, type Trial } from '../probe.ts';

/** Datagrams that the payload sends. */
const DATAGRAMS = 8;

/** discard, RFC 863: whoever should listen there is sent an empty line. */
const PORT = 9;

/** What selects the datagrams of {@link SEND} in a rule. */
const SENT = `udp dport ${PORT}`;

/** Words of sh that send {@link DATAGRAMS} of them over the loopback device, each through a socket of its own. */
export const SEND = `bash -c 'for n in $(seq ${DATAGRAMS}); do echo > /dev/udp/127.0.0.1/${PORT}; done'`;

/** Why no packets can be sent and counted; null: they can. */
export function lackOfPrograms(): string | null {
  const missing = ['nft', 'ip', 'nsenter', 'bash'].find(
    (name) => versionOf(name, [name === 'ip' ? '-Version' : '--version']) === null,
  );
  if (missing !== undefined) return `${missing} is not installed`;
  return process.geteuid?.() === 0 ? null : 'rules for packets are for root to make';
}

/** Where packets are counted in the network namespace of the payload, and what is expected of them. */
export interface Marked {
  /** Family of the table, as nft(8) names it. */
  readonly family: 'inet' | 'netdev';
  /** Where the chain is, in nft's words: hook and priority. */
  readonly hook: string;
  /** What selects a packet that the controller has marked, in nft's words. */
  readonly select: string;
  /** What the controller promises, for people. */
  readonly promise: string;
}

/** Opens the gate of a payload that is {@link SEND}: does every datagram go out, and bear the mark? */
export async function markedTrial(
  probe: Probe,
  spec: LaunchSpec,
  { family, hook, select, promise }: Marked,
): Promise<Trial> {
  const rules = { pid: probe.pid, family, hook, select: [SENT, `${SENT} ${select}`] };
  const [all = 0, marked = 0] = await countPackets(rules, async () => {
    probe.go();
    await probe.wait();
  });
  const invariants = [
    invariant('sent', 'every datagram goes out', all === DATAGRAMS, `${all} of ${DATAGRAMS}`),
    invariant('marked', promise, marked === DATAGRAMS, `${marked} of ${DATAGRAMS}`),
  ];
  return { set: settingsOf(spec), invariants, measures: [] };
}

/** Rules that count, in the network namespace of a process. */
interface Rules extends Pick<Marked, 'family' | 'hook'> {
  /** In whose network namespace. */
  readonly pid: number;
  /** What each rule selects, in nft's words. */
  readonly select: readonly string[];
}

/**
 * How many packets each of the rules counted during `use`. One nft makes them, and tells at the end: a table with an owner ends
 * with the netlink socket that made it (NFT_TABLE_F_OWNER, since 5.12), and so with this process, however that ends.
 */
async function countPackets({ pid, family, hook, select }: Rules, use: () => Promise<void>): Promise<number[]> {
  const mark = newMark();
  const table = `${family} nsinspect-${mark.replaceAll(/\W/g, '-')}`;
  const nft = spawn('nsenter', [`--net=/proc/${pid}/ns/net`, 'nft', '--interactive'], {
    env: { PATH, LC_ALL: 'C', [MARK_VARIABLE]: mark },
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  const errors = text(nft.stderr);
  const closed = once(nft, 'close');
  // That it ended before it was told to is said by what it did not print.
  nft.stdin.on('error', () => undefined);
  let output = '';
  nft.stdout.setEncoding('utf8').on('data', (piece: string) => (output += piece));
  const tell = (line: string) => nft.stdin.write(`${line}\n`);
  /** Counts as they are listed, in the order of the rules: what is listed stands in the kernel. */
  const list = async (): Promise<number[]> => {
    output = '';
    tell(`list chain ${table} sent`);
    for (;;) {
      const counts = [...output.matchAll(/counter packets (\d+)/g)].map(([, count]) => Number(count));
      if (counts.length === select.length) return counts;
      if (nft.exitCode !== null || nft.signalCode !== null) {
        const why = (await errors).trim().split('\n')[0] ?? '';
        throw new NsinspectError(`nft: ${why}`, { code: 'probe-failed' });
      }
      await Promise.race([once(nft.stdout, 'data'), closed]);
    }
  };
  try {
    tell(`add table ${table} { flags owner; }`);
    tell(`add chain ${table} sent { type filter hook ${hook}; }`);
    for (const words of select) tell(`add rule ${table} sent ${words} counter`);
    await list();
    await use();
    return await list();
  } finally {
    nft.kill('SIGKILL');
  }
}
