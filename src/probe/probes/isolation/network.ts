/** The probe of network namespaces: sockets, addresses and traffic of this process, and what is seen of them inside. */
import { randomBytes } from 'node:crypto';
import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';

import { invariant } from '../probe.ts';
import { namespaceProbe, type Found } from './namespace-probe.ts';
import { linesWith, type Talk } from './talk.ts';

/** Bytes sent over the loopback device: those of the container would have to count them, were it the same. */
const TRAFFIC = 1 << 20;

/** Listens on the loopback device and on an abstract name, both of which belong to a network namespace (network_namespaces(7)). */
async function listening<T>(use: (port: number, name: string) => Promise<T>): Promise<T> {
  const name = `nsinspect-${randomBytes(8).toString('hex')}`;
  const servers: Server[] = [];
  const listen = (where: object) =>
    new Promise<Server>((resolve, reject) => {
      const server = createServer((socket) => {
        socket.on('error', () => socket.destroy());
        socket.resume();
      });
      servers.push(server);
      server.on('error', reject);
      server.listen(where, () => resolve(server));
    });
  try {
    const server = await listen({ host: '127.0.0.1', port: 0 });
    await listen({ path: `\0${name}` });
    return await use((server.address() as AddressInfo).port, name);
  } finally {
    for (const server of servers) server.close();
  }
}

function send(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(Buffer.alloc(TRAFFIC)));
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
}

/** Devices and the bytes that each received, from `/proc/net/dev` (proc_pid_net(5)). */
async function devices(inside: Talk): Promise<Map<string, number>> {
  const lines = (await inside.tell('cat /proc/net/dev')).split('\n').filter((line) => line.includes(':'));
  return new Map(
    lines.map((line) => {
      const [name = '', counters = ''] = line.split(/:(.*)/s);
      return [name.trim(), Number(counters.trim().split(/\s+/)[0])];
    }),
  );
}

/** IPv4 addresses of this side besides the loopback device's. */
function addresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
}

/** The lines themselves have addresses of the kernel in them. */
const listed = (lines: string) => (lines === '' ? 'not listed' : 'listed');

const inHex = (port: number) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;

async function look(inside: Talk): Promise<Found> {
  return await listening(async (port, name) => {
    const before = await devices(inside);
    await send(port);
    const after = await devices(inside);
    const received = (after.get('lo') ?? 0) - (before.get('lo') ?? 0);
    const tcp = await inside.tell(linesWith('/proc/net/tcp', inHex(port)));
    const unix = await inside.tell(linesWith('/proc/net/unix', name));
    const routes = await inside.tell('cat /proc/net/fib_trie');
    const known = addresses().filter((address) => routes.split(/\s+/).includes(address));
    const others = [...after.keys()].filter((device) => device !== 'lo');
    return {
      invariants: [
        invariant(
          'tcp-unseen',
          'a TCP socket that listens outside is not listed',
          tcp === '',
          `port ${port}: ${listed(tcp)}`,
        ),
        invariant('unix-unseen', 'an abstract socket outside is not listed', unix === '', `@${name}: ${listed(unix)}`),
        invariant(
          'loopback-own',
          'traffic of the outer loopback device is not counted',
          received < TRAFFIC,
          `${received} bytes`,
        ),
        invariant(
          'addresses-unseen',
          'no address of the outside is known',
          known.length === 0,
          known.join(' ') || 'none',
        ),
      ],
      ...(others.length > 0 ? { why: `besides lo there is ${others.join(' ')}` } : {}),
    };
  });
}

/** See the head of this file. */
export const NETWORK_NAMESPACE = namespaceProbe({
  kind: 'net',
  title: 'devices, addresses and sockets outside are not seen',
  look: ({ inside }) => look(inside),
});
