/** The launcher of each runtime. */
import type { ProbeRuntime } from '../../schema/bench.ts';
import { BwrapLauncher } from './bwrap.ts';
import { DockerLauncher } from './docker.ts';
import type { Launcher } from './launcher.ts';
import { LxcLauncher } from './lxc.ts';
import { NativeLauncher } from './native.ts';
import { OciLauncher } from './oci.ts';
import { PodmanLauncher } from './podman.ts';

/** A launcher of this runtime, whether that works here or not: `check` tells. */
export function launcherOf(runtime: ProbeRuntime): Launcher {
  switch (runtime) {
    case 'native':
      return new NativeLauncher();
    case 'runc':
    case 'crun':
      return new OciLauncher(runtime);
    case 'docker':
      return new DockerLauncher();
    case 'podman':
      return new PodmanLauncher();
    case 'bwrap':
      return new BwrapLauncher();
    case 'lxc':
      return new LxcLauncher();
  }
}
