import { string } from '@oclif/core/flags';

/** The flag that leads to engines of which no process is left and that keep their state elsewhere than by default. */
export const stateFlag = string({
  multiple: true,
  helpGroup: 'SOURCE',
  helpValue: 'DIR',
  summary: "Look for layers in an engine's state directory DIR, too (dockerd's data root, podman's graph root …).",
});
