import type { Capture } from '../schema/capture.ts';
import type { LayerStore } from '../schema/layers.ts';
import type { ProcessFacts } from '../schema/tasks.ts';

/**
 * The capture without what may be secret: command lines but for the program's name, labels of containers, and what the build
 * steps of images ran. Names, numbers and paths stay, also the directories that engines' command lines name: without them
 * nothing could be told.
 */
export function redact(capture: Capture): Capture {
  const { tasks, engines, layers } = capture;
  return {
    ...capture,
    redacted: true,
    ...(tasks && { tasks: { ...tasks, processes: tasks.processes.map(redactProcess) } }),
    ...(layers && { layers: { ...layers, stores: layers.stores.map(redactStore) } }),
    ...(engines && {
      engines: { ...engines, containers: engines.containers.map(({ labels: _labels, ...container }) => container) },
    }),
  };
}

/** What a build step ran may hold what was passed to the build, such as a token. */
function redactStore(store: LayerStore): LayerStore {
  const images = store.images.map((image) => ({
    ...image,
    history: image.history.map(({ createdAt, empty }) => ({ createdAt, comment: null, empty })),
  }));
  return { ...store, images };
}

function redactProcess(process: ProcessFacts): ProcessFacts {
  const { detail } = process;
  if (detail?.argv === undefined) return process;
  const { argv: _argv, ...rest } = detail;
  return { ...process, detail: { ...rest, unknown: { ...rest.unknown, argv: 'not collected' } } };
}
