/* What no file system shows (a reference in flight, in a file's credentials, in a detached mount, in a super block). */
#include "plant.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

/* Only older C libraries lack these. */
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* Puts a descriptor into the receive queue of a socket that nobody reads, and closes it. */
static void send_away(const int pair[2], int fd)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec byte = { .iov_base = "x", .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control,
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(header), &fd, sizeof fd);
	must(sendmsg(pair[0], &message, 0));
	close(fd);
}

static void sender(void)
{
	int home = must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
	int pid = spawn(CLONE_NEWNET, sleep_forever), pair[2];

	/* Of the first network namespace: a socket made in the other one would keep that itself. */
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	plant(ns_of(pid, pid, "net"));
	send_away(pair, ns_of(pid, pid, "net"));
	end_child(pid);

	must(unshare(CLONE_NEWNET));
	plant(must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)));
	send_away(pair, must(socket(AF_INET, SOCK_DGRAM, 0)));
	must(setns(home, CLONE_NEWNET));
	close(home);
	ready();
}

static void in_flight(int argc, char **argv)
{
	spawn(0, sender);

	(void)argc, (void)argv;
	await_ready(1);
	by_unseen(planted_nth(0), "a descriptor of it in flight in SCM_RIGHTS");
	by_unseen(planted_nth(1), "a socket of it in flight in SCM_RIGHTS");
}

static void lender(void)
{
	report_number(0, must(open("/dev/null", O_RDONLY | O_CLOEXEC)));
	report_number(1, 1);
}

static void borrower(void)
{
	int pid = spawn(CLONE_NEWUSER, lender), pidfd;

	await_number(1);
	plant(ns_of(pid, pid, "user"));
	pidfd = must(syscall(SYS_pidfd_open, pid, 0));
	must(syscall(SYS_pidfd_getfd, pidfd, (int)reported_number(0), 0));
	close(pidfd);
	end_child(pid);
	ready();
}

/* An open file remembers who opened it (f_cred), and with that the user namespace. */
static void file_credentials(int argc, char **argv)
{
	spawn(0, borrower);

	(void)argc, (void)argv;
	await_ready(1);
	by_unseen(planted_nth(0), "the credentials with which a file was opened");
}

static void detacher(void)
{
	int pid;

	own_mounts();
	must(mount("plant", "/run/netns", "tmpfs", 0, NULL));
	pid = spawn(CLONE_NEWNET, sleep_forever);
	plant(ns_of(pid, pid, "net"));
	pin(pid, "net", "/run/netns/detached");
	end_child(pid);
	/* Copies the mounts into a tree that belongs to no mount namespace that is listed. */
	must(syscall(SYS_open_tree, AT_FDCWD, "/run/netns", OPEN_TREE_CLONE | AT_RECURSIVE | O_CLOEXEC));
	must(umount2("/run/netns/detached", MNT_DETACH));
	ready();
}

static void detached_mount(int argc, char **argv)
{
	spawn(0, detacher);

	(void)argc, (void)argv;
	await_ready(1);
	by_unseen(planted_nth(0), "a bind mount in a detached tree of mounts");
}

static void mount_proc(void)
{
	own_mounts();
	must(mkdir("/run/proc", 0755));
	must(mount("proc", "/run/proc", "proc", 0, NULL));
	report_number(1, 1);
}

static void inheritor(void)
{
	int pid, mnt;

	pid = spawn(CLONE_NEWPID, mount_proc);
	await_number(1);
	plant(ns_of(pid, pid, "pid"));
	mnt = ns_of(pid, pid, "mnt");
	must(setns(mnt, CLONE_NEWNS));
	close(mnt);
	end_child(pid);
	ready();
}

/* A mounted proc keeps the pid namespace that it shows (proc_init_fs_context in fs/proc/root.c). */
static void super_block(int argc, char **argv)
{
	spawn(0, inheritor);

	(void)argc, (void)argv;
	await_ready(1);
	by_unseen(planted_nth(0), "a mounted proc file system that shows it");
}

static void pidfd_keeper(void)
{
	int pid = spawn(CLONE_NEWPID, sleep_forever);

	plant(ns_of(pid, pid, "pid"));
	must(syscall(SYS_pidfd_open, pid, 0));
	end_child(pid);
	ready();
}

/* A struct pid refers to the namespaces in which it has a number (put_pid in kernel/pid.c). */
static void pidfd(int argc, char **argv)
{
	spawn(0, pidfd_keeper);

	(void)argc, (void)argv;
	await_ready(1);
	by_unseen(planted_nth(0), "a pidfd of a process that has ended");
}

static void net_file_keeper(void)
{
	int home = must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));

	must(unshare(CLONE_NEWNET));
	plant(must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)));
	must(open("/proc/self/net/tcp", O_RDONLY));
	must(setns(home, CLONE_NEWNET));
	close(home);
	ready();
}

/* An open file of /proc/PID/net keeps the network namespace that it shows (seq_open_net in fs/proc/proc_net.c). */
static void net_file(int argc, char **argv)
{
	spawn(0, net_file_keeper);

	(void)argc, (void)argv;
	await_ready(1);
	by_unseen(planted_nth(0), "an open file of /proc/PID/net");
}

const struct scenario UNSEEN_SCENARIOS[] = {
	{ "in-flight", in_flight, NULL },
	{ "file-credentials", file_credentials, NULL },
	{ "detached-mount", detached_mount, NULL },
	{ "super-block", super_block, NULL },
	{ "pidfd", pidfd, NULL },
	{ "net-file", net_file, NULL },
	{ NULL, NULL, NULL },
};
