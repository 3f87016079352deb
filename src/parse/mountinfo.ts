import type { MountFacts } from '../schema/mounts.ts';
import type { Name } from '../schema/name.ts';
import { nameOf, type ByteString } from '../text/bytes.ts';
import { completeLines } from './lines.ts';
import { Malformed } from './malformed.ts';

/** ID, parent ID, major:minor, root, mount point, options, optional fields; separator; type, source, super options. */
const LINE = /^(\d+) (\d+) (\d+:\d+) ([^ ]+) ([^ ]+) ([^ ]+)((?: [^ -][^ ]*)*) - ([^ ]+) ([^ ]*) ([^]*)$/;

/**
 * Parses `/proc/PID/mountinfo` (proc_pid_mountinfo(5); written by `show_mountinfo` in fs/proc_namespace.c), in the
 * kernel's order: each mount after the one it is mounted on. Space, tab, newline and backslash are written as octal
 * escapes (`\040`); they are decoded here.
 *
 * As the kernel wrote them stay: `//deleted` at the end of a root or path whose directory was removed; the root of an
 * nsfs mount (`net:[4026532184]`); `/..` at the beginning of a cgroup mount's root outside the reader's cgroup
 * namespace; the escapes that a file system puts into its own options (`\:` in overlay's lowerdir). The source may be
 * empty.
 *
 * Options are split at commas before they are decoded, since a comma inside one is escaped (`seq_show_option` in
 * include/linux/seq_file.h). The exception is SELinux, which puts quotes around a context that has commas instead
 * (`show_sid` in security/selinux/hooks.c).
 *
 * Malformed: a line without one of these fields, or no newline at the end. An empty text is no mount: under a chroot
 * into a directory that is no mount the process sees none.
 */
export function parseMountinfo(text: ByteString): readonly MountFacts[] | Malformed {
  const lines = completeLines(text);
  if (lines === null) return new Malformed('/proc/PID/mountinfo: newline at the end', text);
  const mounts: MountFacts[] = [];
  for (const line of lines) {
    const fields = LINE.exec(line);
    if (fields === null) return new Malformed('/proc/PID/mountinfo: line', line);
    const [, id, parent, dev = '', root = '', path = '', options = '', optional = ''] = fields;
    const [, , , , , , , , fsType = '', source = '', superOptions = ''] = fields;
    mounts.push({
      id: Number(id),
      parent: Number(parent),
      dev,
      root: decode(root),
      path: decode(path),
      options: mountOptions(options),
      // Numbers of peer groups and flags, all of the kernel's own making: nothing to decode.
      propagation: optional === '' ? [] : optional.slice(1).split(' '),
      fsType: decode(fsType),
      source: decode(source),
      superOptions: mountOptions(superOptions),
    });
  }
  return mounts;
}

const SELINUX = /^(?:context|fscontext|defcontext|rootcontext)="/;

/** The options of a list as the kernel writes it, split and then decoded. */
export function mountOptions(text: ByteString): Name[] {
  const options: ByteString[] = [];
  let open = false;
  for (const piece of text.split(',')) {
    if (open) options.push(`${options.pop() ?? ''},${piece}`);
    else options.push(piece);
    open = open ? !piece.endsWith('"') : SELINUX.test(piece) && !(piece.endsWith('"') && !piece.endsWith('="'));
  }
  return options.map(decode);
}

const ESCAPE = /\\([0-3][0-7]{2})/g;

/** Undoes `mangle_path` and `seq_escape`: a backslash itself is always escaped, so that this is exact. */
function decode(text: ByteString): Name {
  if (!text.includes('\\')) return nameOf(text);
  return nameOf(text.replaceAll(ESCAPE, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
}
