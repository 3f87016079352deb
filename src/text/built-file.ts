/** Where files of the program's own are: threads, processes and pages that it starts or reads by their place. */

/**
 * A file or folder of the program: from the sources `source`, relative to the module that asks; in the built program,
 * wherever that module's chunk went, `built` in dist/.
 */
export function builtFile(module: string, source: string, built: string): URL {
  const dist = module.lastIndexOf('/dist/');
  return new URL(dist < 0 ? source : `${module.slice(0, dist)}/dist/${built}`, module);
}
