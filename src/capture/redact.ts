import type { Capture } from '../schema/capture.ts';
import type { ProcessFacts } from '../schema/tasks.ts';

/**
 * The capture without what may be secret: command lines but for the program's name, and labels of containers. Names, numbers
 * and paths stay, also the directories that engines' command lines name: without them nothing could be told.
 */
export function redact(capture: Capture): Capture {
  const { tasks, engines } = capture;
  return {
    ...capture,
    redacted: true,
    ...(tasks && { tasks: { ...tasks, processes: tasks.processes.map(redactProcess) } }),
    ...(engines && {
      engines: { ...engines, containers: engines.containers.map(({ labels: _labels, ...container }) => container) },
    }),
  };
}

function redactProcess(process: ProcessFacts): ProcessFacts {
  const { detail } = process;
  if (detail?.argv === undefined) return process;
  const { argv: _argv, ...rest } = detail;
  return { ...process, detail: { ...rest, unknown: { ...rest.unknown, argv: 'not collected' } } };
}
