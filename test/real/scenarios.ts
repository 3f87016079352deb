/** Scenarios of test/real/plant whose namespaces `ls` must find, each with what is special about it. */
export const FOUND: Readonly<Record<string, string>> = {
  process: 'a process in eight namespaces of its own',
  crew: 'three processes with six threads in one',
  thread: 'a thread in five of its own',
  'for-children': 'chosen for children that are not born yet',
  'for-children-thread': 'the same, chosen by a thread',
  'for-children-dead': 'a pid namespace whose only child has ended',
  'for-children-entered': 'a pid namespace that a task has entered for its children',
  fd: 'open files of namespaces that nobody is in',
  'fd-thread': "open files in a thread's own table",
  socket: 'network namespaces that only a socket keeps',
  'socket-thread': "the same in a thread's own table",
  tun: 'a network interface of user space, /dev/net/tun',
  'users-nested': 'user namespaces three deep, the outer two without a process',
  owned: 'a user namespace kept by what it owns',
  'pids-nested': 'pid namespaces three deep',
  'pids-dead': 'pid namespaces three deep without a process',
  mount: 'bind mounts of all eight in another mount namespace',
  'mntns-fd': 'a mount namespace kept by an open file, with a bind mount inside',
  'mntns-mount': 'a mount namespace kept by a bind mount, with another one inside',
  'fd-by-path': 'opened by way of a bind mount, of which one is gone',
  overmount: 'bind mounts that others cover',
  chroot: 'a bind mount outside the root of the only process',
  names: 'names that do harm to a terminal',
  'zombie-leader': 'a zombie whose thread lives on',
  'thread-apart': 'a thread with its own uts namespace and table of open files',
};

/** Scenarios in which a reference keeps a namespace alive that no file system shows. */
export const UNSEEN: Readonly<Record<string, string>> = {
  'in-flight': 'descriptors in flight in SCM_RIGHTS',
  'file-credentials': 'the credentials of an open file',
  'detached-mount': 'a mount in a detached tree',
  'super-block': 'a mounted proc',
  pidfd: 'a pidfd of a process that has ended',
  'net-file': 'an open file of /proc/PID/net',
};
