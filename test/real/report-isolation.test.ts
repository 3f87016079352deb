/** What a report says of real containers, held against /proc and against how docker was told to start them. */
import { readlinkSync } from 'node:fs';

import { expect, test } from 'vitest';

import { NS_TYPES } from '../../src/schema/namespace.ts';
import type { ReportDocument, ReportTable } from '../../src/schema/report.ts';
import { cliJson } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { busyboxRoot, startDockerd, type Client } from '../support/daemons.ts';
import { useLab } from '../support/lab-for-tests.ts';

describeWith(
  ['root', 'busybox-static', 'unshare', 'nsenter', 'ip', 'docker'],
  'the isolation of containers in a report',
  () => {
    let docker: Client;
    const place = useLab(async (lab) => {
      await busyboxRoot(lab);
      docker = await startDockerd(lab);
      await docker('import', `${lab.dir}/root.tar`, 'nsi/busybox:1');
      const start = (name: string, ...args: readonly string[]) =>
        docker('run', '--detach', '--name', `${lab.tag}-${name}`, ...args, 'nsi/busybox:1', 'sleep', '3600');
      await start('web', '--memory', '64m', '--pids-limit', '20', '--security-opt', 'no-new-privileges');
      await start('peer', '--network', `container:${lab.tag}-web`, '--cap-drop', 'ALL');
      await start('host-pid', '--pid', 'host', '--uts', 'host', '--cap-add', 'SYS_ADMIN');
      await start('host-net', '--network', 'host', '--security-opt', 'seccomp=unconfined');
    });

    const pidOf = async (name: string) =>
      (await docker('inspect', '--format', '{{.State.Pid}}', `${place.lab.tag}-${name}`)).trim();

    test('cells, limits, rights and findings are those that docker was told', async () => {
      const { tag } = place.lab;
      const document = await cliJson<ReportDocument>('report', '--json', '--section', 'isolation', '-o', '/dev/null');
      const [section] = document.sections;
      const table = section!.blocks.find(
        (block): block is ReportTable => block.kind === 'table' && block.name === 'matrix',
      )!;
      const column = (key: string) => table.columns.findIndex((one) => one.key === key);
      const rowOf = (name: string) => table.rows.find(({ cells }) => cells[0]!.text === `docker:${tag}-${name}`)!;
      const cellOf = (name: string, key: string) => rowOf(name).cells[column(key)]!;

      for (const name of ['web', 'peer', 'host-pid', 'host-net']) {
        const pid = await pidOf(name);
        for (const type of NS_TYPES) {
          const link = readlinkSync(`/proc/${pid}/ns/${type}`);
          const { item, text } = cellOf(name, type);
          expect(item, `${name} ${type}`).toBe(link);
          const isHosts = link === readlinkSync(`/proc/2/ns/${type}`);
          expect(text === 'host', `${name} ${type}`).toBe(isHosts);
        }
      }
      const { text: letter, mark } = cellOf('web', 'net');
      expect([letter, mark]).toEqual([expect.stringMatching(/^[A-Z]+$/), 'shared']);
      expect(cellOf('peer', 'net').text).toBe(letter);
      // Docker's own network namespace is the lab's: whoever got it shares it with the daemon.
      expect(cellOf('host-net', 'net').note).toContain('processes outside of containers');
      expect(cellOf('host-net', 'pid').text).toBe('own');

      expect(cellOf('web', 'memory').value).toBe(String(64 * 1024 * 1024));
      expect(cellOf('web', 'pids')).toMatchObject({ value: '20', text: expect.stringMatching(/^20, \d/) as string });
      expect(cellOf('peer', 'memory').text).toBe('none');
      expect(cellOf('peer', 'capabilities').text).toBe('none');
      expect(cellOf('web', 'no-new-privs').text).toBe('yes');
      expect(cellOf('host-net', 'seccomp').text).toBe('off');

      expect(cellOf('host-pid', 'capabilities').mark).toBe('over');
      expect([cellOf('host-pid', 'pid').mark, cellOf('web', 'pid').mark]).toEqual(['host', 'own']);
      // Of several, a finding names three: other containers may run here, too.
      const kinds = document.findings.map(({ kind }) => kind);
      expect(kinds).toEqual(
        expect.arrayContaining(['strong-capabilities', 'namespace-shared-with-host', 'namespace-shared-outside']),
      );
    });

    test('every namespace of the containers has one row, and its boundary is in the tree', async () => {
      const { tag } = place.lab;
      const document = await cliJson<ReportDocument>('report', '--json', '--section', 'boundaries', '-o', '/dev/null');
      const blocks = document.sections.flatMap((section) => section.blocks);
      const table = blocks.find(
        (block): block is ReportTable => block.kind === 'table' && block.name === 'namespaces',
      )!;
      for (const type of NS_TYPES) {
        const link = readlinkSync(`/proc/${await pidOf('web')}/ns/${type}`);
        expect(table.rows.filter(({ item }) => item === link)).toHaveLength(1);
      }
      expect(JSON.stringify(blocks)).toContain(`docker:${tag}-peer`);
      expect(JSON.stringify(blocks)).toContain(`net=docker:${tag}-web`);
    });
  },
);
