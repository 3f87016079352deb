/* Scenarios around bind mounts of nsfs files. Every mount is made in a mount namespace of the scenario's own. */
#include "plant.h"

void own_mounts(void)
{
	cpu_set_t here;

	/*
	 * A mount namespace can be pinned only in one whose id is lower (mnt_ns_loop in fs/namespace.c), and ids are given
	 * out in batches to each processor: only on one and the same is the later one higher.
	 */
	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	must(sched_setaffinity(0, sizeof here, &here));
	must(unshare(CLONE_NEWNS));
	must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	must(mount("plant", "/run", "tmpfs", 0, "mode=755"));
	must(mkdir("/run/netns", 0755));
}

void pin(int pid, const char *link, const char *path)
{
	char source[64];

	snprintf(source, sizeof source, "/proc/%d/ns/%s", pid, link);
	/* A file that is there may be a mount already, which cannot be opened for writing. */
	if (access(path, F_OK) < 0)
		write_file(path, "");
	must_(mount(source, path, NULL, MS_BIND, NULL), path);
}

/* A new namespace that nothing but the mount at `path` holds; `type` as its link is called. */
static void pin_new(unsigned long long flag, const char *link, const char *path)
{
	int pid = spawn(flag, sleep_forever);

	plant(ns_of(pid, pid, link));
	pin(pid, link, path);
	end_child(pid);
}

static void holds_by_process(int pid)
{
	by_process(plant(ns_of(pid, pid, "mnt")), pid, 1);
}

/* ---- mount: all that can be pinned ---- */

static void path_of(int i, char path[64])
{
	snprintf(path, 64, "/run/netns/%s", NS_TYPES[i]);
}

static void pinner_of_all(void)
{
	char path[64];
	int pid;

	own_mounts();
	/* Made after the mount namespace that pins it: the kernel refuses the other order (mnt_ns_loop). */
	pid = spawn(ALL_EIGHT, sleep_forever);
	for (int i = 0; i < 8; i++) {
		plant(ns_of(pid, pid, NS_TYPES[i]));
		path_of(i, path);
		pin(pid, NS_TYPES[i], path);
	}
	end_child(pid);
	ready();
}

static void mounts(int argc, char **argv)
{
	int pid = spawn(0, pinner_of_all);
	char path[64];

	(void)argc, (void)argv;
	await_ready(1);
	for (int i = 0; i < 8; i++) {
		path_of(i, path);
		by_mount(planted_nth(i), inum_of(pid, "mnt"), path);
	}
	holds_by_process(pid);
}

/* ---- a mount namespace without a process, in which a network namespace without a process is pinned ---- */

static void inner_pinner(void)
{
	own_mounts();
	pin_new(CLONE_NEWNET, "net", "/run/netns/deep");
	report_number(0, 1);
}

static void opener_of_mount_namespace(void)
{
	int pid = spawn(0, inner_pinner);

	await_number(0);
	plant(ns_of(pid, pid, "mnt"));
	report_number(1, ns_of(pid, pid, "mnt"));
	report_number(2, inum_of(pid, "mnt"));
	end_child(pid);
	ready();
}

static void mntns_fd(int argc, char **argv)
{
	int pid = spawn(0, opener_of_mount_namespace);

	(void)argc, (void)argv;
	await_ready(1);
	by_mount(planted_nth(0), reported_number(2), "/run/netns/deep");
	by_fd(planted_nth(1), pid, pid, reported_number(1));
}

static void pinner_of_mount_namespace(void)
{
	int pid;

	own_mounts();
	must(mkdir("/run/mntns", 0700));
	pid = spawn(0, inner_pinner);
	await_number(0);
	plant(ns_of(pid, pid, "mnt"));
	pin(pid, "mnt", "/run/mntns/b");
	report_number(2, inum_of(pid, "mnt"));
	end_child(pid);
	ready();
}

static void mntns_mount(int argc, char **argv)
{
	int pid = spawn(0, pinner_of_mount_namespace);

	(void)argc, (void)argv;
	await_ready(1);
	by_mount(planted_nth(0), reported_number(2), "/run/netns/deep");
	by_mount(planted_nth(1), inum_of(pid, "mnt"), "/run/mntns/b");
	holds_by_process(pid);
}

/* ---- paths that lead elsewhere ---- */

static void opener_by_path(void)
{
	own_mounts();
	pin_new(CLONE_NEWNET, "net", "/run/netns/stays");
	pin_new(CLONE_NEWNET, "net", "/run/netns/goes");
	report_number(0, must(open("/run/netns/stays", O_RDONLY | O_CLOEXEC)));
	report_number(1, must(open("/run/netns/goes", O_RDONLY | O_CLOEXEC)));
	must(umount2("/run/netns/goes", MNT_DETACH));
	ready();
}

/*
 * What was opened through a bind mount does not read as `net:[N]` in fd/ but as the path of the mount, and as `/` when
 * that is gone: d_path in fs/d_path.c asks the file system for a name only where the file is the root of no mount.
 */
static void fd_by_path(int argc, char **argv)
{
	int pid = spawn(0, opener_by_path);

	(void)argc, (void)argv;
	await_ready(1);
	by_fd(planted_nth(0), pid, pid, reported_number(0));
	by_mount(planted_nth(0), inum_of(pid, "mnt"), "/run/netns/stays");
	by_fd(planted_nth(1), pid, pid, reported_number(1));
	holds_by_process(pid);
}

static void overmounter(void)
{
	own_mounts();
	pin_new(CLONE_NEWNET, "net", "/run/netns/a");
	pin_new(CLONE_NEWNET, "net", "/run/netns/a");
	must(mkdir("/run/covered", 0755));
	pin_new(CLONE_NEWUTS, "uts", "/run/covered/b");
	must(mount("plant", "/run/covered", "tmpfs", 0, NULL));
	ready();
}

/* Under one mount point two mounts, and one below a directory that another file system covers. */
static void overmount(int argc, char **argv)
{
	int pid = spawn(0, overmounter);
	unsigned mntns;

	(void)argc, (void)argv;
	await_ready(1);
	mntns = inum_of(pid, "mnt");
	by_mount(planted_nth(0), mntns, "/run/netns/a");
	by_mount(planted_nth(1), mntns, "/run/netns/a");
	by_mount(planted_nth(2), mntns, "/run/covered/b");
	holds_by_process(pid);
}

static void jailed(void)
{
	own_mounts();
	pin_new(CLONE_NEWNET, "net", "/run/netns/outside");
	must(mkdir("/run/jail", 0755));
	must(chroot("/run/jail"));
	must(chdir("/"));
	ready();
}

/* The only process of a mount namespace, in a plain directory: its mountinfo is empty. */
static void chrooted(int argc, char **argv)
{
	int pid = spawn(0, jailed);

	(void)argc, (void)argv;
	await_ready(1);
	by_mount(planted_nth(0), inum_of(pid, "mnt"), "/run/netns/outside");
	holds_by_process(pid);
}

/* ---- names that do harm when they are printed as they are ---- */

static const char *const EVIL_PATHS[] = {
	"/run/netns/\033]0;owned\007\033[2J",
	"/run/netns/a b\\c\nd\te#f\r",
	"/run/netns/\xff\xfe\x80x\xc3",
	"/run/netns/\xe2\x80\xaetxt.exe\xe2\x80\xac",
	/* Reads like the octal escape of mountinfo that it is not. */
	"/run/netns/\\040x (deleted)",
};

static const char *const EVIL_COMMS[] = {
	"\033]0;owned\007",
	"a\nb\rc\td",
	"\xff\xfe\x80x\xc3",
	"\xe2\x80\xae" "cod.exe",
	/* Looks like the end of the name in /proc/PID/stat. */
	"x) Z 1 (1 1",
};

enum { EVIL = 5 };

static void evil_pinner(void)
{
	own_mounts();
	for (int i = 0; i < EVIL; i++)
		pin_new(CLONE_NEWNET, "net", EVIL_PATHS[i]);
	ready();
}

static int evil_index;

static void evil_process(void)
{
	must(prctl(PR_SET_NAME, EVIL_COMMS[evil_index]));
	ready();
}

static void names(int argc, char **argv)
{
	int pid = spawn(0, evil_pinner);

	(void)argc, (void)argv;
	await_ready(1);
	for (int i = 0; i < EVIL; i++)
		by_mount(planted_nth(i), inum_of(pid, "mnt"), EVIL_PATHS[i]);
	holds_by_process(pid);
	for (evil_index = 0; evil_index < EVIL; evil_index++) {
		char name[16];

		pid = spawn(CLONE_NEWUTS, evil_process);
		by_process(plant(ns_of(pid, pid, "uts")), pid, 1);
		snprintf(name, sizeof name, "comm%d", pid);
		fact_text(name, EVIL_COMMS[evil_index]);
	}
	await_ready(EVIL);
}

const struct scenario MOUNT_SCENARIOS[] = {
	{ "mount", mounts, NULL },
	{ "mntns-fd", mntns_fd, NULL },
	{ "mntns-mount", mntns_mount, NULL },
	{ "fd-by-path", fd_by_path, NULL },
	{ "overmount", overmount, NULL },
	{ "chroot", chrooted, NULL },
	{ "names", names, NULL },
	{ NULL, NULL, NULL },
};
