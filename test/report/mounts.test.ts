import { describe, expect, it } from 'vitest';

import section from '../../reports/report/sections/mounts.ts';
import { galleryReport } from '../../scripts/gallery/world.ts';
import type { Capture } from '../../src/schema/capture.ts';
import { made } from '../diff/made.ts';
import { worldOf } from '../support/world.ts';
import { contentOf } from './support.ts';

describe('the section of mounts', async () => {
  const { sections, findings } = await galleryReport();
  const built = sections.find(({ id }) => id === 'mounts');

  it('lists what of the host is in containers, and nothing that every container has', () => {
    const [table] = built!.blocks;
    expect(table).toMatchObject({ kind: 'table', name: 'mounts' });
    const rows = table!.kind === 'table' ? table!.rows.map(({ cells }) => cells.map(({ text }) => text)) : [];
    expect(rows).toEqual([
      [
        'docker:db',
        '/var/data',
        'volume orders',
        expect.stringMatching(/volumes\/orders\/_data$/),
        'writable',
        'ext4',
        'slave',
      ],
      ['docker:debug', '/host/etc', 'bind', '/etc', 'writable', 'ext4', 'private'],
    ]);
  });

  it('finds the one through which the host can be ruled', () => {
    expect(findings.filter(({ section: from }) => from === 'mounts')).toEqual([
      {
        kind: 'mount-rules-host',
        severity: 'high',
        text: "docker:debug can rule the host through a mount: the host's /etc, writable.",
        count: 1,
        item: expect.stringMatching(/^container:docker:[0-9a-f]{64}$/) as string,
        section: 'mounts',
      },
    ]);
  });
});

describe('containers whose mounts are not known', () => {
  const say = (capture: Capture) => contentOf(section, worldOf(capture));

  it('are not said to keep the host for themselves', () => {
    const { summary, blocks } = say(made({ rest: { mounts: { version: 1, tables: [], unread: [] } } }));
    expect(summary).toBe(
      '0 mounts of something of the host in 1 container, 0 volumes among them, as far as is known: the mounts of 1 could not be read. Whether one gives the host away is not known.',
    );
    expect(blocks).toContainEqual({ kind: 'text', text: 'The mounts of docker:web could not be read.' });
  });

  it('are others than none', () => {
    expect(say(made({ leader: null }))).toEqual({ summary: 'No container was found.', findings: [], blocks: [] });
  });
});
