/**
 * As scripts/mutation.ts, for the limits that are driven in a guest alone: `node scripts/mutation-guest.ts [TIMES]`, with QEMU and the
 * kernel that scripts/fetch-guest-kernel.ts fetches. Writes its part of docs/mutation.md. Exits 1 where one time was not noticed, or
 * did not pass.
 */
import { HUGETLB_V1, MUTATED, ProbeGuest } from '../test/vm/probe-guest.ts';
import { markdownTable, writeSection } from './doc-table.ts';

const TIMES = Number(process.argv[2] ?? 20);

const guest = await ProbeGuest.boot();
try {
  const kernel = (await guest.guest.script('uname -r')).trim();
  await guest.mountV1('net_cls', 'net_prio');
  const first = await guest.mutateHalves(TIMES);
  await guest.mountV1('hugetlb');
  const runs = [...first, ...(await guest.mutate(TIMES, [HUGETLB_V1]))];
  const rows = [...MUTATED.flat(), HUGETLB_V1].flatMap((id) => {
    const own = runs.filter((run) => run.id === id);
    const passed = own.filter(({ what, verdict }) => what === null && verdict === 'pass').length;
    const ways = new Set(own.map(({ what }) => what).filter((what) => what !== null));
    return [...ways].map((way) => {
      const noticed = own.filter(({ what, verdict }) => what === way && verdict === 'fail').length;
      if (noticed < TIMES || passed < TIMES) process.exitCode = 1;
      return [`\`${id}\``, way, `${noticed} of ${TIMES}`, `${passed} of ${TIMES}`];
    });
  });
  const header = ['probe', 'what was changed behind its back', 'noticed', 'passes in place'];
  const facts = `A guest of QEMU without KVM, Linux ${kernel}, cgroup v2 but for net_cls, net_prio and, at last, hugetlb; 2 CPUs.`;
  await writeSection('mutation.md', 'guest', `${facts}\n\n${markdownTable(header, rows)}`);
} finally {
  await guest.stop();
}
