import { gunzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { openBolt } from '../../src/engines/bolt.ts';
import { parseContainerdMeta } from '../../src/engines/containerd-meta.ts';
import { parseStoredContainers } from '../../src/engines/containers-storage.ts';
import { parseDockerContainer } from '../../src/engines/docker.ts';
import { dockerDataRoot, parseOciConfig, podOf } from '../../src/engines/oci-config.ts';
import { parseCrunStatus, parseRuncState } from '../../src/engines/runtime.ts';
import { bytesOfFile, ID, OTHER, recorded } from './recorded.ts';

describe('parseDockerContainer', () => {
  it('reads what dockerd 20.10 writes', () => {
    expect(parseDockerContainer(recorded('docker-config.v2.json'))).toEqual({
      id: ID,
      name: 'web',
      image: 'nsi/busybox:1',
      running: true,
      pid: 13717,
      createdAt: expect.stringMatching(/^2026-11-21T01:42:46\.\d+Z$/) as string,
      startedAt: '2026-11-21T01:42:46.671669495Z',
      labels: { a: 'b' },
    });
  });

  it('has no start time for what never started, and no image name where only the digest is there', () => {
    const text = `{"ID":"${ID}","Image":"sha256:1","State":{"Pid":0,"StartedAt":"0001-01-01T00:00:00Z"}}`;
    expect(parseDockerContainer(text)).toMatchObject({
      name: null,
      image: 'sha256:1',
      running: false,
      pid: null,
      startedAt: null,
    });
  });

  it('takes nothing that is not of the type it should be', () => {
    const text = `{"ID":"${ID}","Name":["x"],"State":"no","Config":{"Image":5,"Labels":{"a":1,"__proto__":"b"}}}`;
    const parsed = parseDockerContainer(text);
    expect(parsed).toMatchObject({ name: null, image: null, pid: null });
    expect(Object.entries(parsed!.labels)).toEqual([['__proto__', 'b']]);
  });

  it.each(['', 'null', '[]', '{}', '{"ID":"../../x"}', '\0', '{"ID":'])('is null for %j', (text) => {
    expect(parseDockerContainer(text)).toBeNull();
  });
});

describe('parseOciConfig', () => {
  it("leads to docker's data root", () => {
    const config = parseOciConfig(recorded('oci-config-docker.json'))!;
    expect(config).toMatchObject({ hostname: 'be27ef31c0d4', cgroupsPath: `/shop/${ID}`, annotations: {} });
    expect(dockerDataRoot(config, ID)).toBe('/srv/docker');
    expect(dockerDataRoot(config, OTHER)).toBeNull();
  });

  it("finds it by the two others where one of dockerd's files was mounted over", () => {
    const config = parseOciConfig(recorded('oci-config-docker.json'))!;
    const mounts = config.mounts.filter(({ destination }) => destination !== '/etc/hostname');
    expect(dockerDataRoot({ ...config, mounts }, ID)).toBe('/srv/docker');
  });

  it('says the pod', () => {
    const config = parseOciConfig(recorded('oci-config-k8s.json'))!;
    expect(podOf(config.annotations)).toEqual({
      namespace: 'default',
      pod: 'pod1',
      container: null,
      sandboxId: null,
      image: null,
    });
  });

  it('says the pod as CRI-O does', () => {
    const annotations = {
      'io.kubernetes.cri-o.ContainerType': 'container',
      'io.kubernetes.cri-o.SandboxID': OTHER,
      'io.kubernetes.cri-o.ImageName': 'docker.io/library/nginx:1.27',
      'io.kubernetes.container.name': 'web',
      'io.kubernetes.pod.name': 'shop-0',
      'io.kubernetes.pod.namespace': 'prod',
    };
    expect(podOf(annotations)).toEqual({
      namespace: 'prod',
      pod: 'shop-0',
      container: 'web',
      sandboxId: OTHER,
      image: 'docker.io/library/nginx:1.27',
    });
    expect(podOf({})).toBeNull();
  });

  it.each(['', '7', '[]', '{"mounts":'])('is null for %j', (text) => {
    expect(parseOciConfig(text)).toBeNull();
  });

  it('passes over mounts that are none', () => {
    expect(
      parseOciConfig('{"mounts":[null,5,{"source":"/a"},{"destination":"/b","source":"/a"}],"linux":[]}'),
    ).toMatchObject({
      mounts: [{ destination: '/b', source: '/a', type: null }],
      cgroupsPath: null,
    });
  });
});

describe("runtimes' state", () => {
  it('of runc 1.1', () => {
    expect(parseRuncState(recorded('runc-state.json'))).toEqual({
      id: 'one',
      pid: 13904,
      pidStart: 130673,
      created: '2026-11-21T01:42:47.15784278Z',
      cgroupPath: '/nsi-ctr/one',
      bundle: '/srv/containerd/state/io.containerd.runtime.v2.task/default/one',
    });
  });

  it('of crun 1.8', () => {
    expect(parseCrunStatus(recorded('crun-status.json'))).toEqual({
      id: null,
      pid: 14660,
      pidStart: 138735,
      created: '2026-11-21T01:44:07.794011Z',
      cgroupPath: '/cone',
      bundle: '/srv/bundle',
    });
  });

  it.each([
    '',
    '{}',
    '{"init_process_pid":1}',
    '{"init_process_pid":-1,"init_process_start":5}',
    '{"init_process_pid":1e99,"init_process_start":5}',
  ])('is null for %j', (text) => {
    expect(parseRuncState(text)).toBeNull();
    expect(parseCrunStatus(text)).toBeNull();
  });
});

describe('parseStoredContainers', () => {
  it('reads what podman 4.3 writes', () => {
    expect(parseStoredContainers(recorded('containers.json'))?.map(({ name, image }) => ({ name, image }))).toEqual([
      { name: 'pweb', image: 'localhost/nsi/busybox:1' },
      { name: 'phost', image: 'localhost/nsi/busybox:1' },
    ]);
  });

  it('takes what the store itself says where the inner text is cut', () => {
    expect(
      parseStoredContainers('[{"id":"a","names":["n"],"image":"i","metadata":"{\\"na"},{"names":["no id"]},null]'),
    ).toEqual([{ id: 'a', name: 'n', image: 'i', createdAt: null }]);
    expect(parseStoredContainers('{"id":"a"}')).toBeNull();
  });
});

describe('parseContainerdMeta', () => {
  // 120 containers: enough for pages of branches.
  const file = gunzipSync(bytesOfFile('containerd-meta.db.gz'));

  it('finds containers in a recorded database of containerd 1.6', () => {
    const meta = parseContainerdMeta(file.toString('latin1'))!;
    for (let number = 0; number < 120; number++) {
      expect(meta.container('default', `c${number}`)).toMatchObject({
        id: `c${number}`,
        image: 'docker.io/nsi/busybox:1',
        createdAt: expect.stringMatching(/^2026-11-21T02:16:\d\d\.\d{9}Z$/) as string,
        labels: { number: `${number}` },
      });
    }
    expect(meta.container('default', 'c120')).toBeNull();
    expect(meta.container('default', '')).toBeNull();
    expect(meta.container('other', 'c1')).toBeNull();
  });

  it('is null for what is no database', () => {
    for (const text of ['', 'x', '\0'.repeat(8192), recorded('containers.json')])
      expect(parseContainerdMeta(text)).toBeNull();
  });

  it('takes the older state where the newer header is torn', () => {
    for (const page of [0, 1]) {
      const torn = Buffer.from(file);
      torn.fill(0, page * 4096 + 16, page * 4096 + 80);
      expect(parseContainerdMeta(torn.toString('latin1'))?.container('default', 'c7')?.id).toBe('c7');
    }
    const both = Buffer.from(file);
    both.fill(0, 16, 4096 + 80);
    expect(parseContainerdMeta(both.toString('latin1'))).toBeNull();
  });

  it('neither throws nor hangs on a cut or a forged one', () => {
    for (let length = 0; length < file.length; length += 4099) {
      parseContainerdMeta(file.subarray(0, length).toString('latin1'))?.container('default', 'c7');
    }
    // A linear congruential generator: the same forgeries each time.
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
    for (let round = 0; round < 300; round++) {
      const forged = Buffer.from(file);
      for (let change = 0; change < 2000; change++) {
        // The headers stay: a forger makes right ones.
        const at = 8192 + random(forged.length - 8192);
        forged[at] = random(256);
      }
      parseContainerdMeta(forged.toString('latin1'))?.container('default', `c${random(120)}`);
    }
  });

  it('ends where pages contain each other', () => {
    const loop = Buffer.from(file);
    // Each page becomes a branch of which every element leads back to the first.
    for (let page = 2; page < loop.length / 4096; page++) {
      loop.writeUInt16LE(1, page * 4096 + 8);
      loop.writeUInt16LE(0xffff, page * 4096 + 10);
      loop.writeUInt32LE(0xffff, page * 4096 + 12);
      for (let at = page * 4096 + 16; at + 16 <= (page + 1) * 4096; at += 16) {
        loop.writeUInt32LE(0, at);
        loop.writeUInt32LE(0, at + 4);
        loop.writeBigUInt64LE(2n, at + 8);
      }
    }
    const root = openBolt(loop)!;
    expect(root.bucket('v1')).toBeUndefined();
    expect(root.entries()).toEqual([]);
  });
});
