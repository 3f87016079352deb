/** The isolation matrix of made hosts; `vitest -u` draws the golden pictures anew. */
import { describe, expect, test } from 'vitest';

import { Studio } from '../../reports/report/picture.ts';
import { picturesOf } from '../../reports/report/document.ts';
import type { Block, Content } from '../../reports/report/section.ts';
import isolation from '../../reports/report/sections/isolation.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { ReportTable } from '../../src/schema/report.ts';
import { captureOf, fixture } from '../support/replay.ts';
import { HOSTILE } from './made-report.ts';
import { ALL, crowd, MadeHost, shop } from './made-world.ts';
import { expectHarmless, pictureTexts, readable } from './pictures.ts';
import { worldOf } from '../support/world.ts';

function contentOf(capture: Capture): Content {
  const content = isolation.contentOf(worldOf(capture));
  if ('missing' in content) throw new Error(content.missing);
  return content;
}

function drawn({ blocks }: Content): string {
  const [picture] = picturesOf(blocks);
  return new Studio().draw(picture!, 'isolation-matrix');
}

function table(blocks: readonly Block[], name: string): ReportTable {
  return blocks.find((block): block is ReportTable => block.kind === 'table' && block.name === name)!;
}

/** A row as its cells read, without what is empty. */
function rowOf({ blocks }: Content, label: string): string {
  const row = table(blocks, 'matrix').rows.find(({ cells }) => cells[0]?.text === label);
  return row!.cells.map(({ text }) => text).join(' | ');
}

const findings = ({ findings: all }: Content) => all.map(({ severity, kind, text }) => `${severity} ${kind}: ${text}`);

describe('the isolation matrix', () => {
  test.each([
    ['shop', () => Promise.resolve(shop())],
    ['crowd', () => Promise.resolve(crowd(200))],
    ['docker', () => captureOf(fixture('docker'))],
  ])('of %s is drawn', async (name, capture) => {
    const svg = drawn(contentOf(await capture()));
    await expect(readable(svg)).toMatchFileSnapshot(`golden/isolation-matrix-${name}.svg`);
  });

  test('each row tells whose namespaces, which limits and which rights', () => {
    const content = contentOf(shop());
    // container | user mnt pid net ipc uts cgroup time | memory cpu tasks | capabilities seccomp no-new-privileges | image
    expect(rowOf(content, 'docker:web')).toBe(
      'docker:web | host | own | own | B | own | own | host | host | 64 MiB, 89.6% | 0.5 CPUs | 20, 15% | 14 | filter | no | shop/web:1',
    );
    expect(rowOf(content, 'docker:agent')).toBe(
      'docker:agent | host | own | host | host | own | own | host | host | ? | ? | ? | all | off | no | ops/agent:7',
    );
    expect(rowOf(content, 'docker:db')).toBe(
      'docker:db | own | own | own | own | own | own | own | host | 1 GiB, 100% | none | 100, 81% | none | filter | yes | shop/web:1',
    );
    expect(rowOf(content, 'docker:locked')).toContain('docker:locked | host | ? | own | ? |');
    expect(rowOf(content, 'cri:default/cart-1/app')).toContain('| host | own | own | A | A | A | host | host |');
    const groups = table(content.blocks, 'groups').rows.map(({ cells }) => cells.slice(0, 3).map(({ text }) => text));
    expect(groups).toEqual([
      ['A', 'pod default/cart-1', '3'],
      ['B', 'docker:sidecar and docker:web', '2'],
    ]);
  });

  test('what stands out is found, and what a pod shares is not', () => {
    expect(findings(contentOf(shop()))).toEqual([
      'high strong-capabilities: docker:agent has every capability, and no user namespace to confine it.',
      "high namespace-shared-with-host: docker:agent uses the host's pid and network namespaces, which 6 others keep apart.",
      'low no-user-namespace: cri:default/cart-1 (sandbox), cri:default/cart-1/app, cri:default/cart-1/proxy and 4 more have no user namespace of their own, which the other has: root in any of them is root of the host.',
      'low namespace-shared: docker:sidecar and docker:web share one network namespace.',
      'low namespace-visited: 110 tcpdump, from outside, is in the network namespace of docker:sidecar and docker:web.',
      'low isolation-unknown: How far docker:locked is kept apart is not fully known (denied): 1 container of 8.',
    ]);
  });

  test('nobody else is needed to see that the only container is not kept apart', () => {
    const host = new MadeHost();
    host.container('one', {
      share: { pid: 'host', user: host.namespace('user') },
      status: { capEff: ALL, capBnd: ALL },
    });
    // Capabilities within its own user namespace are nobody's worry.
    expect(findings(contentOf(host.capture()))).toEqual([
      "high namespace-shared-with-host: docker:one uses the host's pid namespace.",
    ]);
  });

  test('of a container that keeps everything apart, nothing is found', () => {
    const host = new MadeHost();
    host.container('fort', { share: { user: host.namespace('user'), cgroup: host.namespace('cgroup') } });
    expect(findings(contentOf(host.capture()))).toEqual([]);
  });

  test('many are drawn by what they have in common; the table has each', () => {
    const content = contentOf(crowd(200));
    const { rows } = table(content.blocks, 'patterns');
    expect(rows.map(({ cells }) => cells[0]!.text)).toEqual(['151', '4', '40', '5']);
    expect(table(content.blocks, 'matrix').rows).toHaveLength(201);
    expect(pictureTexts(drawn(content))).toContain('151 containers');
  });

  test('many of which no two are alike are cut, and it is said', () => {
    const host = new MadeHost();
    const types = ['mnt', 'net', 'ipc', 'uts', 'cgroup', 'pid', 'user'] as const;
    for (let i = 0; i < 100; i++) {
      const share = types.map((type, bit) => [type, (i >> bit) & 1 ? 'host' : host.namespace(type)] as const);
      host.container(`c${String(i)}`, { share: Object.fromEntries(share) });
    }
    const content = contentOf(host.capture());
    const texts = content.blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : []));
    expect(texts).toContain('40 lines more would not fit into the picture: the tables have all.');
    expect(table(content.blocks, 'patterns').rows).toHaveLength(100);
    expect(drawn(content).match(/<[a-z]/g)!.length).toBeLessThan(3000);
  });

  test('two captures that differ in one container differ in its lines', () => {
    const made = (isShared: boolean) => {
      const host = new MadeHost();
      for (const name of ['a', 'b', 'c']) {
        const ipc = host.namespace('ipc');
        host.container(name, { share: { ipc: isShared && name === 'b' ? 'host' : ipc } });
      }
      return drawn(contentOf(host.capture())).split('data-way');
    };
    const [before, after] = [made(false), made(true)];
    expect(before).toHaveLength(after.length);
    // The sign, and before all signs the description.
    expect(before.filter((piece, i) => piece !== after[i])).toHaveLength(2);
  });

  test('what the capture lacks is said, and is not drawn as none', () => {
    const { cgroups: _, ...capture } = shop();
    const content = contentOf(capture);
    expect(content.blocks.filter(({ kind }) => kind === 'text')).toEqual([
      { kind: 'text', text: 'Limits are not known: this capture was taken without cgroups and limits.' },
    ]);
    expect(rowOf(content, 'docker:web')).toContain('| ? | ? | ? |');
    expect(pictureTexts(drawn(content))).not.toContain('Memory');
  });

  test('a host without containers has a sentence, and nothing is found', () => {
    const content = contentOf(new MadeHost().capture());
    expect([content.summary, content.findings, picturesOf(content.blocks)]).toEqual([
      'No container was found.',
      [],
      [],
    ]);
  });

  test('hostile names do nothing', () => {
    const host = new MadeHost();
    for (const name of HOSTILE) host.container(name, { image: name, share: { net: 777 } });
    const content = contentOf(host.capture());
    expectHarmless(drawn(content));
    for (const { text } of content.findings) expect(text.length).toBeLessThan(700);
  });
});
