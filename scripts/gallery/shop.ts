/** A small shop in containers, in which there is something to be found: the host of the gallery. */
import { mkdirSync, writeFileSync } from 'node:fs';

import { busyboxRoot, startDockerd } from '../../test/support/daemons.ts';
import type { Client, Lab } from '../../test/support/daemons.ts';

const IMAGES: Readonly<Record<string, readonly string[]>> = {
  'shop/base:3': ['FROM shop/busybox:1', 'RUN head -c 3000000 /bin/busybox > /usr/lib.so', 'ENV LANG=C'],
  'shop/web:12': [
    'FROM shop/base:3',
    'RUN head -c 900000 /bin/busybox > /usr/server',
    'RUN head -c 250000 /bin/busybox > /usr/pages && head -c 100 /bin/busybox > /usr/server',
    'CMD ["sleep", "3600"]',
  ],
  'shop/db:7': ['FROM shop/base:3', 'RUN head -c 1500000 /bin/busybox > /usr/database', 'VOLUME /var/data'],
  'shop/old:1': ['FROM shop/base:3', 'RUN head -c 2000000 /bin/busybox > /usr/forgotten'],
};

/** Holds this much of memory and lets it be. */
const holding = (mebibytes: number): string => `head -c ${mebibytes}m /dev/zero > /dev/shm/held; exec sleep 3600`;

/** Name -> arguments of `docker run`. */
const CONTAINERS: Readonly<Record<string, readonly string[]>> = {
  'web-1': [...['--memory', '64m', '--cpus', '0.5', '--pids-limit', '64'], 'shop/web:12', 'sleep', '3600'],
  'web-2': [...['--memory', '64m', '--cpus', '0.5', '--pids-limit', '64'], 'shop/web:12', 'sleep', '3600'],
  db: [
    ...['--memory', '96m', '--pids-limit', '100', '--shm-size', '90m', '--volume', 'orders:/var/data'],
    ...['shop/db:7', 'sh', '-c', holding(82)],
  ],
  proxy: ['--network', 'container:web-1', '--memory', '32m', '--pids-limit', '32', 'shop/web:12', 'sleep', '3600'],
  queue: ['shop/base:3', 'sleep', '3600'],
  metrics: [
    '--network',
    'host',
    '--pid',
    'host',
    '--memory',
    '32m',
    '--pids-limit',
    '32',
    'shop/base:3',
    'sleep',
    '3600',
  ],
  backup: [
    ...['--cap-add', 'SYS_ADMIN', '--security-opt', 'seccomp=unconfined', '--memory', '48m', '--pids-limit', '32'],
    'shop/base:3',
    'sleep',
    '3600',
  ],
  mailer: [
    ...['--memory', '24m', '--cpus', '0.1', '--pids-limit', '8'],
    ...['shop/web:12', 'sh', '-c', 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; exec sleep 3600'],
  ],
};

/** Opens it: engine, images, containers, and a namespace that nobody remembers. */
export async function openShop(lab: Lab): Promise<Client> {
  await busyboxRoot(lab);
  for (const applet of ['head']) await lab.onHost('ln', '-s', 'busybox', `${lab.dir}/root/bin/${applet}`);
  await lab.onHost('tar', '-C', `${lab.dir}/root`, '-cf', `${lab.dir}/root.tar`, '.');
  const docker = await startDockerd(lab);
  await docker('import', `${lab.dir}/root.tar`, 'shop/busybox:1');
  for (const [image, lines] of Object.entries(IMAGES)) {
    const folder = `${lab.dir}/build-${image.replace(/\W/g, '-')}`;
    mkdirSync(folder);
    writeFileSync(`${folder}/Dockerfile`, `${lines.join('\n')}\n`);
    await docker('build', '--network', 'none', '--tag', image, folder);
  }
  for (const [name, args] of Object.entries(CONTAINERS)) await docker('run', '--detach', '--name', name, ...args);
  await lab.inside('ip', 'netns', 'add', 'old-vpn');
  return docker;
}

/** What somebody does to it on a Friday afternoon. */
export async function changeShop(docker: Client): Promise<void> {
  await docker('update', '--memory', '512m', '--memory-swap', '512m', 'web-2');
  await docker('rm', '--force', 'queue');
  await docker('run', '--detach', '--name', 'queue', '--cap-add', 'SYS_ADMIN', 'shop/base:3', 'sleep', '3600');
  await docker('run', '--detach', '--name', 'debug', '--volume', '/etc:/host/etc', 'shop/busybox:1', 'sleep', '3600');
  await docker('exec', 'web-1', 'sh', '-c', 'head -c 400000 /bin/busybox > /usr/patched');
  await docker('rm', '--force', 'mailer');
}
