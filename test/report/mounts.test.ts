import { describe, expect, it } from 'vitest';

import { galleryReport } from '../../scripts/gallery/world.ts';

describe('the section of mounts', async () => {
  const { sections, findings } = await galleryReport();
  const section = sections.find(({ id }) => id === 'mounts');

  it('lists what of the host is in containers, and nothing that every container has', () => {
    const [table] = section!.blocks;
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
