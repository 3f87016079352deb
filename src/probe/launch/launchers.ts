/** The launcher of each runtime. */
import type { ProbeRuntime } from '../../schema/bench.ts';
import type { Launcher } from './launcher.ts';
import { NativeLauncher } from './native.ts';
import { OciLauncher } from './oci.ts';

/** A launcher of this runtime, whether that works here or not: `check` tells. */
export function launcherOf(runtime: ProbeRuntime): Launcher {
  switch (runtime) {
    case 'native':
      return new NativeLauncher();
    case 'runc':
    case 'crun':
      return new OciLauncher(runtime);
    case 'docker':
    case 'podman':
    case 'lxc':
    case 'bwrap':
      throw new TypeError(runtime);
  }
}
