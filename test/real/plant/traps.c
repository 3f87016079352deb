/* Scenarios in which a task's own files in /proc mislead. */
#include "plant.h"

/* ---- a zombie leader whose threads live on ---- */

static void survivor(void)
{
	report(0);
	ready();
}

static void leader_that_ends(void)
{
	start_thread(survivor);
	/* The system call ends this thread alone; what the C library calls exit ends them all. */
	syscall(SYS_exit, 0);
}

static void await_zombie(int pid)
{
	char path[64], line[256];

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	for (int waited = 0; waited < 10 * 1000; waited++) {
		FILE *stat = fopen(path, "re");
		bool is_zombie = stat && fgets(line, sizeof line, stat) && strstr(line, ") Z ");

		if (stat)
			fclose(stat);
		if (is_zombie)
			return;
		usleep(1000);
	}
	die("the leader did not become a zombie");
}

static void zombie_leader(int argc, char **argv)
{
	int pid = spawn(ALL_EIGHT, leader_that_ends), tid;

	(void)argc, (void)argv;
	await_ready(1);
	await_zombie(pid);
	tid = reported_tid(0);
	for (int i = 0; i < 8; i++) {
		struct planted *ns = plant(ns_of(pid, tid, NS_TYPES[i]));
		bool stays = strcmp(NS_TYPES[i], "user") == 0 || strcmp(NS_TYPES[i], "pid") == 0;

		/*
		 * A zombie has left all but two (exit_task_namespaces in kernel/nsproxy.c): its user namespace hangs on
		 * its credentials, its pid namespace on its number.
		 */
		if (stays)
			by_process(ns, pid, 2);
		else
			by_thread(ns, pid, tid);
	}
}

/* ---- a thread with a uts namespace and a file table of its own ---- */

static void apart(void)
{
	int pid;

	must(unshare(CLONE_NEWUTS | CLONE_FILES));
	pid = spawn(CLONE_NEWNET, sleep_forever);
	plant(ns_of(pid, pid, "net"));
	report_number(0, ns_of(pid, pid, "net"));
	end_child(pid);
	report(0);
	ready();
}

static void leader_of_apart(void)
{
	start_thread(apart);
}

static void thread_apart(int argc, char **argv)
{
	int pid = spawn(0, leader_of_apart), tid;

	(void)argc, (void)argv;
	await_ready(1);
	tid = reported_tid(0);
	by_thread(plant(ns_of(pid, tid, "uts")), pid, tid);
	by_fd(planted_nth(0), pid, tid, reported_number(0));
}

/* ---- another pid namespace's /proc, for --host-root ---- */

static void inner_opener(void)
{
	int pid = spawn(CLONE_NEWUTS, sleep_forever);
	char path[64];

	/* /proc is the outer one; the pid that spawn gave is the inner one's. */
	snprintf(path, sizeof path, "/run/other/proc/%d/ns/uts", pid);
	plant(must_(open(path, O_RDONLY | O_CLOEXEC), path));
	report_number(0, must_(open(path, O_RDONLY | O_CLOEXEC), path));
	end_child(pid);
	report_number(1, 1);
}

static void inner_socket(void)
{
	int home = must(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));

	must(unshare(CLONE_NEWNET));
	plant(must(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)));
	must(setns(home, CLONE_NEWNET));
	report_number(2, 1);
}

static void inner_pinner(void)
{
	int pid = spawn(CLONE_NEWNET, sleep_forever);
	char path[64];

	snprintf(path, sizeof path, "/run/other/proc/%d/ns/net", pid);
	plant(must_(open(path, O_RDONLY | O_CLOEXEC), path));
	write_file("/run/netns/inner", "");
	must(mount(path, "/run/netns/inner", NULL, MS_BIND, NULL));
	end_child(pid);
	report_number(3, 1);
}

static void inner_init(void)
{
	own_mounts();
	must(mkdir("/run/other", 0755));
	must(mkdir("/run/other/proc", 0755));
	must(mkdir("/run/other/sys", 0755));
	/* A new proc shows the pid namespace of the task that mounts it. */
	must(mount("proc", "/run/other/proc", "proc", 0, NULL));
	must(mount("/sys", "/run/other/sys", NULL, MS_BIND | MS_REC, NULL));
	report(0);
	report_number(4, spawn(CLONE_NEWUTS | CLONE_NEWIPC, sleep_forever));
	report_number(5, spawn(0, inner_opener));
	await_number(1);
	report_number(6, spawn(0, inner_socket));
	await_number(2);
	inner_pinner();
	ready();
}

/* Pids are those of the inner namespace, but for the fact `pid`: its init as the outer one numbers it. */
static void other_root(int argc, char **argv)
{
	int pid = spawn(CLONE_NEWPID, inner_init);
	struct planted *mnt;

	(void)argc, (void)argv;
	await_ready(1);
	by_fd(planted_nth(0), reported_number(5), reported_number(5), reported_number(0));
	by_mount(planted_nth(2), inum_of(pid, "mnt"), "/run/netns/inner");
	mnt = plant(ns_of(pid, pid, "mnt"));
	by_process(mnt, 1, 1);
	for (int i = 4; i <= 6; i++)
		by_process(mnt, reported_number(i), 1);
	by_unseen(planted_nth(1), "a socket, which only a system call that takes a pid could find");
	fact("pid", pid);
	fact("unshared", reported_number(4));
	fact_text("root", "/run/other");
}

const struct scenario TRAP_SCENARIOS[] = {
	{ "zombie-leader", zombie_leader, NULL },
	{ "thread-apart", thread_apart, NULL },
	{ "other-root", other_root, NULL },
	{ NULL, NULL, NULL },
};
