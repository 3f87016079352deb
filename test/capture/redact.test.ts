import { describe, expect, it } from 'vitest';

import { redact } from '../../src/capture/redact.ts';
import { toJson } from '../../src/text/json.ts';
import { captureOf, fixture } from '../support/replay.ts';

const SECRET = 'hunter2';
const docker = await captureOf(fixture('docker'));
const secretive = {
  ...docker,
  tasks: {
    ...docker.tasks!,
    processes: docker.tasks!.processes.map((process) => ({
      ...process,
      detail: { ...process.detail, argv: ['mysql', `--password=${SECRET}`] },
    })),
  },
  engines: {
    ...docker.engines!,
    containers: docker.engines!.containers.map((container) => ({ ...container, labels: { token: SECRET } })),
  },
};
const redacted = redact(secretive);

describe('a redacted capture', () => {
  it('says that it is one', () => {
    expect(redacted.redacted).toBe(true);
  });

  it('has no command line and no label', () => {
    expect(toJson(secretive)).toContain(SECRET);
    expect(toJson(redacted)).not.toContain(SECRET);
  });

  it('names what was left out', () => {
    for (const { detail } of redacted.tasks!.processes) {
      expect(detail).not.toHaveProperty('argv');
      expect(detail!.unknown).toMatchObject({ argv: 'not collected' });
    }
  });

  it('keeps all else, and does not change the capture it was made of', () => {
    const { tasks, engines, redacted: _redacted, ...rest } = redacted;
    const { tasks: _tasks, engines: _engines, redacted: _was, ...before } = docker;
    expect(rest).toEqual(before);
    expect(tasks!.processes.map(({ pid, ns, cgroup }) => [pid, ns, cgroup])).toEqual(
      docker.tasks!.processes.map(({ pid, ns, cgroup }) => [pid, ns, cgroup]),
    );
    expect(engines!.containers.map(({ name, image }) => [name, image])).toEqual(
      docker.engines!.containers.map(({ name, image }) => [name, image]),
    );
    expect(secretive.tasks.processes[0]!.detail.argv).toContain(`--password=${SECRET}`);
  });

  it('keeps why other facts are missing', () => {
    const [first] = docker.tasks!.processes;
    const one = { ...first!, detail: { argv: ['a'], unknown: { exe: 'denied' } as const } };
    const { tasks } = redact({ ...docker, tasks: { ...docker.tasks!, processes: [one] } });
    expect(tasks!.processes[0]!.detail!.unknown).toEqual({ exe: 'denied', argv: 'not collected' });
  });
});
