/* One scenario or more for each kind of holder but `mount`: what keeps a namespace alive. */
#include "plant.h"

#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* include/uapi/linux/pidfd.h */
#define PIDFD_THREAD O_EXCL
#define PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE _IO(0xff, 6)

/* ---- process ---- */

static void processes(int argc, char **argv)
{
	int pid = spawn(ALL_EIGHT, sleep_forever);

	(void)argc, (void)argv;
	for (int i = 0; i < 8; i++)
		by_process(plant(ns_of(pid, pid, NS_TYPES[i])), pid, 1);
}

static void reporting_thread(void)
{
	ready();
}

static void crew_member(void)
{
	for (int i = 0; i < 3; i++)
		start_thread(reporting_thread);
}

static void crew_leader(void)
{
	report_number(0, spawn(0, crew_member));
	report_number(1, spawn(0, sleep_forever));
	ready();
}

/* Three processes with six threads in one namespace. */
static void crew(int argc, char **argv)
{
	int pid = spawn(CLONE_NEWUTS, crew_leader);
	struct planted *uts;

	(void)argc, (void)argv;
	await_ready(4);
	uts = plant(ns_of(pid, pid, "uts"));
	by_process(uts, pid, 1);
	by_process(uts, reported_number(0), 4);
	by_process(uts, reported_number(1), 1);
}

/* ---- thread ---- */

static const char *const OF_A_THREAD[] = { "mnt", "net", "ipc", "uts", "cgroup" };

static void unsharing_thread(void)
{
	must(unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP));
	report(0);
	ready();
}

static void leader_of_unsharing_thread(void)
{
	start_thread(unsharing_thread);
}

static void thread(int argc, char **argv)
{
	int pid = spawn(0, leader_of_unsharing_thread), tid;

	(void)argc, (void)argv;
	await_ready(1);
	tid = reported_tid(0);
	for (int i = 0; i < 5; i++)
		by_thread(plant(ns_of(pid, tid, OF_A_THREAD[i])), pid, tid);
}

/* ---- for-children ---- */

static void childless(void)
{
	must(unshare(CLONE_NEWPID | CLONE_NEWTIME));
	report(0);
	ready();
}

static void leader_of_childless(void)
{
	start_thread(childless);
}

/*
 * A pid namespace in which no process was born yet has no `pid_for_children` link (pidns_for_children_get in
 * kernel/pid_namespace.c wants a child reaper); a pidfd still leads to it.
 */
static void plant_for_children(int pid, int tid)
{
	int pidfd = must(syscall(SYS_pidfd_open, tid, pid == tid ? 0 : PIDFD_THREAD));
	int fd = ioctl(pidfd, PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE, 0);

	if (fd < 0)
		unsupported("PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE");
	by_for_children(plant(fd), pid, tid);
	by_for_children(plant(ns_of(pid, tid, "time_for_children")), pid, tid);
	close(pidfd);
}

static void for_children(int argc, char **argv)
{
	int pid = spawn(0, childless);

	(void)argc, (void)argv;
	await_ready(1);
	plant_for_children(pid, pid);
}

static void for_children_thread(int argc, char **argv)
{
	int pid = spawn(0, leader_of_childless);

	(void)argc, (void)argv;
	await_ready(1);
	plant_for_children(pid, reported_tid(0));
}

static void bereaved(void)
{
	must(unshare(CLONE_NEWPID));
	end_child(spawn(0, sleep_forever));
	ready();
}

/* The first child came and went: the pid namespace is dead, no process can be born in it, yet it is there. */
static void for_children_dead(int argc, char **argv)
{
	int pid = spawn(0, bereaved);

	(void)argc, (void)argv;
	await_ready(1);
	by_for_children(plant(ns_of(pid, pid, "pid_for_children")), pid, pid);
}

static void enter_pid(void)
{
	int pid = reported_number(0);
	int ns = ns_of(pid, pid, "pid");

	must(setns(ns, CLONE_NEWPID));
	close(ns);
	ready();
}

/* What nsenter and `docker exec` do: only the children will be in the pid namespace that was entered. */
static void for_children_entered(int argc, char **argv)
{
	int inside = spawn(CLONE_NEWPID, sleep_forever), pid;
	struct planted *ns = plant(ns_of(inside, inside, "pid"));

	(void)argc, (void)argv;
	report_number(0, inside);
	pid = spawn(0, enter_pid);
	await_ready(1);
	by_process(ns, inside, 1);
	by_for_children(ns, pid, pid);
}

/* ---- fd ---- */

/* Opens all eight of a process that then ends; the n-th descriptor goes into slot n. */
static void open_all_of_the_dead(void)
{
	int pid = spawn(ALL_EIGHT, sleep_forever);

	for (int i = 0; i < 8; i++)
		report_number(i, ns_of(pid, pid, NS_TYPES[i]));
	end_child(pid);
	report(0);
	ready();
}

static void open_in_own_table(void)
{
	must(unshare(CLONE_FILES));
	open_all_of_the_dead();
}

static void leader_of_own_table(void)
{
	start_thread(open_in_own_table);
}

static void plant_opened(void)
{
	int pid = reported_pid(0), tid = reported_tid(0);

	for (int i = 0; i < 8; i++) {
		char path[64];
		int fd = reported_number(i);

		snprintf(path, sizeof path, "/proc/%d/task/%d/fd/%d", pid, tid, fd);
		by_fd(plant(must_(open(path, O_RDONLY | O_CLOEXEC), path)), pid, tid, fd);
	}
}

static void fd(int argc, char **argv)
{
	(void)argc, (void)argv;
	spawn(0, open_all_of_the_dead);
	await_ready(1);
	plant_opened();
}

static void fd_thread(int argc, char **argv)
{
	(void)argc, (void)argv;
	spawn(0, leader_of_own_table);
	await_ready(1);
	plant_opened();
}

/* ---- socket ---- */

static const int FAMILIES[][3] = {
	{ AF_INET, SOCK_DGRAM, 0 },
	{ AF_INET6, SOCK_STREAM, 0 },
	{ AF_UNIX, SOCK_STREAM, 0 },
	{ AF_NETLINK, SOCK_RAW, NETLINK_ROUTE },
};

enum { FAMILY_COUNT = sizeof FAMILIES / sizeof FAMILIES[0] };

/* One network namespace for each socket; the task itself goes back to where it came from. */
static void leave_sockets(void)
{
	int home = must(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));

	for (int i = 0; i < FAMILY_COUNT; i++) {
		must(unshare(CLONE_NEWNET));
		plant(must(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)));
		report_number(i, must(socket(FAMILIES[i][0], FAMILIES[i][1] | SOCK_CLOEXEC, FAMILIES[i][2])));
	}
	must(setns(home, CLONE_NEWNET));
	close(home);
	report(0);
	ready();
}

static void leave_sockets_in_own_table(void)
{
	must(unshare(CLONE_FILES));
	leave_sockets();
}

static void leader_of_sockets_in_own_table(void)
{
	start_thread(leave_sockets_in_own_table);
}

static void socket_held_by(void (*body)(void))
{
	spawn(0, body);
	await_ready(1);
	for (int i = 0; i < FAMILY_COUNT; i++)
		by_socket(planted_nth(i), reported_pid(0), reported_number(i));
	fact("tid", reported_tid(0));
}

static void tun_keeper(void)
{
	int home = must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
	int fd;

	must(unshare(CLONE_NEWNET));
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		unsupported("/dev/net/tun");
	plant(must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)));
	must(setns(home, CLONE_NEWNET));
	close(home);
	report_number(0, fd);
	report(0);
	ready();
}

/* The tun device keeps the network namespace in which it was opened, as a socket does; its link in fd/ says nothing of it. */
static void tun(int argc, char **argv)
{
	spawn(0, tun_keeper);

	(void)argc, (void)argv;
	await_ready(1);
	by_socket(planted_nth(0), reported_pid(0), reported_number(0));
}

static void sockets(int argc, char **argv)
{
	(void)argc, (void)argv;
	socket_held_by(leave_sockets);
}

static void sockets_thread(int argc, char **argv)
{
	(void)argc, (void)argv;
	socket_held_by(leader_of_sockets_in_own_table);
}

/* ---- child, owned ---- */

enum { SOME_UID = 12345 };

static void three_users_deep(void)
{
	must(setresgid(SOME_UID, SOME_UID, SOME_UID));
	must(setresuid(SOME_UID, SOME_UID, SOME_UID));
	/* A change of ids takes both away (commit_creds in kernel/cred.c). */
	must(prctl(PR_SET_DUMPABLE, 1));
	must(prctl(PR_SET_PDEATHSIG, SIGKILL));
	for (int level = 0; level < 3; level++) {
		if (unshare(CLONE_NEWUSER | (level == 1 ? CLONE_NEWUTS : 0)) < 0)
			unsupported("unshare(CLONE_NEWUSER)");
		map_self(level == 0 ? SOME_UID : 0);
	}
	ready();
}

/* Three user namespaces one in another; only the innermost has a process, the middle one owns a uts namespace. */
static void users_nested(int argc, char **argv)
{
	int pid = spawn(0, three_users_deep), inner, middle, outer;

	(void)argc, (void)argv;
	await_ready(1);
	inner = ns_of(pid, pid, "user");
	middle = must(ioctl(inner, _IO(0xb7, 2)));
	outer = must(ioctl(middle, _IO(0xb7, 2)));
	by_process(plant(inner), pid, 1);
	plant(middle);
	plant(outer);
	by_process(plant(ns_of(pid, pid, "uts")), pid, 1);
}

static void enter_net(void)
{
	int pid = reported_number(0);
	int net = ns_of(pid, pid, "net");

	must(setns(net, CLONE_NEWNET));
	close(net);
	ready();
}

/* A user namespace without a process; a process of the initial one sits in the network namespace that it owns. */
static void owned(int argc, char **argv)
{
	int maker = spawn(CLONE_NEWUSER | CLONE_NEWNET, sleep_forever), pid;

	(void)argc, (void)argv;
	report_number(0, maker);
	pid = spawn(0, enter_net);
	await_ready(1);
	plant(ns_of(maker, maker, "user"));
	end_child(maker);
	by_process(plant(ns_of(pid, pid, "net")), pid, 1);
}

static void pid_level_3(void)
{
	report(2);
	ready();
}

static void pid_level_2(void)
{
	report(1);
	spawn(CLONE_NEWPID, pid_level_3);
}

static void pid_level_1(void)
{
	report(0);
	spawn(CLONE_NEWPID, pid_level_2);
}

static void pids_nested(int argc, char **argv)
{
	(void)argc, (void)argv;
	spawn(CLONE_NEWPID, pid_level_1);
	await_ready(1);
	for (int i = 0; i < 3; i++)
		by_process(plant(ns_of(reported_pid(i), reported_pid(i), "pid")), reported_pid(i), 1);
}

static void open_innermost(void)
{
	pid_t outermost = spawn(CLONE_NEWPID, pid_level_1);

	/* This process takes the place of the main one: it awaits, then opens, then ends them all. */
	await_ready(1);
	for (int i = 0; i < 3; i++)
		plant(ns_of(reported_pid(i), reported_pid(i), "pid"));
	report_number(0, ns_of(reported_pid(2), reported_pid(2), "pid"));
	end_child(outermost);
	report_number(1, 1);
}

/*
 * Pid namespaces three deep without a process: all that the kernel allows, since the end of an init ends every
 * process below it (zap_pid_ns_processes), and only a process of a pid namespace can make one inside it.
 */
static void pids_dead(int argc, char **argv)
{
	int pid = spawn(0, open_innermost);

	(void)argc, (void)argv;
	await_number(1);
	by_fd(planted_nth(2), pid, pid, reported_number(0));
}

const struct scenario HOLDER_SCENARIOS[] = {
	{ "process", processes, NULL },
	{ "crew", crew, NULL },
	{ "thread", thread, NULL },
	{ "for-children", for_children, NULL },
	{ "for-children-thread", for_children_thread, NULL },
	{ "for-children-dead", for_children_dead, NULL },
	{ "for-children-entered", for_children_entered, NULL },
	{ "fd", fd, NULL },
	{ "fd-thread", fd_thread, NULL },
	{ "socket", sockets, NULL },
	{ "socket-thread", sockets_thread, NULL },
	{ "tun", tun, NULL },
	{ "users-nested", users_nested, NULL },
	{ "owned", owned, NULL },
	{ "pids-nested", pids_nested, NULL },
	{ "pids-dead", pids_dead, NULL },
	{ NULL, NULL, NULL },
};
