/* Many processes: a storm of short-lived ones, and a crowd of sleeping ones. */
#include "plant.h"

#include <linux/sched.h>
#include <time.h>

static int number_argument(int argc, char **argv, int i, int otherwise)
{
	int value = argc > i ? atoi(argv[i]) : otherwise;

	if (value <= 0) {
		fprintf(stderr, "plant: not a positive number: %s\n", argv[i]);
		exit(2);
	}
	return value;
}

/* ---- storm RATE SECONDS ---- */

/*
 * Each process of the storm says in its name what it must be seen with: `s`, then its uts and ipc namespace as offsets
 * from the first dynamic inode number (PROC_DYNAMIC_FIRST in fs/proc/generic.c), then its pid, in base 36. Threads
 * with a uts namespace of their own do the same with `t` and their tid. A capture that pairs one task's links with
 * another's name, or one task's name with another's number, shows.
 */
enum { FIRST_INUM = 0xF0000000, STORM_POOL = 48 };

static int storm_rate, storm_seconds;

static void base36(char **to, unsigned value)
{
	char digits[8];
	int n = 0;

	do
		digits[n++] = "0123456789abcdefghijklmnopqrstuvwxyz"[value % 36];
	while ((value /= 36) > 0);
	while (n > 0)
		*(*to)++ = digits[--n];
}

static unsigned own_inum(const char *link)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof path, "/proc/thread-self/ns/%s", link);
	must_(stat(path, &st), path);
	return st.st_ino;
}

static void say_what_it_is(char kind)
{
	char name[32] = { kind }, *end = name + 1;

	base36(&end, own_inum("uts") - FIRST_INUM);
	*end++ = '.';
	base36(&end, own_inum("ipc") - FIRST_INUM);
	*end++ = '.';
	base36(&end, syscall(SYS_gettid));
	*end = '\0';
	/* One that does not fit is left out: it would be cut and say something else. */
	if (end - name <= 15)
		prctl(PR_SET_NAME, name);
}

static void storm_thread(void)
{
	if (unshare(CLONE_NEWUTS) == 0)
		say_what_it_is('t');
}

static _Noreturn void storm_process(unsigned n)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	say_what_it_is('s');
	if (n % 4 == 0)
		start_thread(storm_thread);
	if (n % 8 == 1)
		unshare(CLONE_NEWPID);
	if (n % 8 == 3)
		open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	usleep(1000 + n * 7919 % 150000);
	_exit(0);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Pids come back at once: where one of the pool has ended, the next process asks for its number (set_tid). */
static void storm_master(void)
{
	pid_t pool[STORM_POOL] = { 0 };
	double start = now();

	/* Nobody waits for them. */
	signal(SIGCHLD, SIG_IGN);
	for (unsigned n = 0; now() - start < storm_seconds;) {
		pid_t wanted = pool[n % STORM_POOL], pid;
		struct clone_args args = {
			.flags = CLONE_NEWUTS | CLONE_NEWIPC | (n % 32 == 0 ? CLONE_NEWNET : 0) |
				 (n % 16 == 5 ? CLONE_NEWNS : 0),
			.exit_signal = SIGCHLD,
			.set_tid = wanted ? (unsigned long)&wanted : 0,
			.set_tid_size = wanted ? 1 : 0,
		};

		pid = syscall(SYS_clone3, &args, sizeof args);
		if (pid == 0)
			storm_process(n);
		if (pid < 0 && wanted == 0)
			die("clone3");
		/* Still alive, or taken by somebody else. */
		if (pid < 0) {
			pool[n % STORM_POOL] = 0;
			continue;
		}
		pool[n % STORM_POOL] = pid;
		report_number(wanted ? 1 : 0, reported_number(wanted ? 1 : 0) + 1);
		n++;
		if (now() - start < (double)n / storm_rate)
			usleep(((double)n / storm_rate - (now() - start)) * 1e6);
	}
}

static void storm(int argc, char **argv)
{
	storm_rate = number_argument(argc, argv, 0, 300);
	storm_seconds = number_argument(argc, argv, 1, 5);
	fact("pid", spawn(0, storm_master));
}

static void storm_end(void)
{
	printf("{\"newPids\":%ld,\"reusedPids\":%ld}\n", reported_number(0), reported_number(1));
	fflush(stdout);
}

/* ---- crowd PROCESSES CONTAINERS ---- */

static int crowd_processes, crowd_containers, crowd_index;

static void crowd_container(void)
{
	char name[16];
	/* The remainder goes to the first ones. */
	int size = crowd_processes / crowd_containers + (crowd_index < crowd_processes % crowd_containers);

	snprintf(name, sizeof name, "crowd-%d", crowd_index);
	prctl(PR_SET_NAME, name);
	for (int i = 1; i < size; i++)
		spawn(0, sleep_forever);
	ready();
}

static void crowd(int argc, char **argv)
{
	unsigned long long flags = OTHER_SEVEN & ~CLONE_NEWTIME;

	crowd_processes = number_argument(argc, argv, 0, 200);
	crowd_containers = number_argument(argc, argv, 1, 10);
	for (crowd_index = 0; crowd_index < crowd_containers; crowd_index++) {
		int pid = spawn(flags, crowd_container);

		if (crowd_index == 0)
			fact("firstPid", pid);
		await_ready(1);
	}
	fact("processes", crowd_processes);
	fact("containers", crowd_containers);
}

/* ---- cgroup-crowd GROUPS PROCESSES THREADS DIRECTORY... ---- */

/*
 * In each directory there are cgroups called 0, 1, 2 and so on: so many groups of processes are, each in those of one
 * number, so many threads in each process. What a group's first process starts is where that is: moving takes the
 * kernel longer than all the rest. One thread of it goes to its neighbour's cgroup in the first directory, if that is
 * of v1, where threads can.
 */
static char **crowd_directories;
static int crowd_groups, crowd_threads;

static void join(const char *directory, int number, const char *file, bool must_be)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof path, "%s/%d/%s", directory, number, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && !must_be)
		return;
	must_(fd, path);
	/* 0: the caller. */
	must_(write(fd, "0", 1), path);
	close(fd);
}

static void neighbour(void)
{
	join(crowd_directories[0], (crowd_index + 1) % crowd_groups, "tasks", false);
	ready();
}

static void nothing(void)
{
}

static void crowd_member(void)
{
	for (int i = 1; i < crowd_threads; i++)
		start_thread(nothing);
	ready();
}

static void crowd_group(void)
{
	for (char **directory = crowd_directories; *directory; directory++)
		join(*directory, crowd_index, "cgroup.procs", true);
	for (int i = 1; i < crowd_processes; i++)
		spawn(0, crowd_member);
	for (int i = 1; i < crowd_threads; i++)
		start_thread(i == 1 ? neighbour : nothing);
	ready();
}

static void cgroup_crowd(int argc, char **argv)
{
	crowd_groups = number_argument(argc, argv, 0, 10);
	crowd_processes = number_argument(argc, argv, 1, 1);
	crowd_threads = number_argument(argc, argv, 2, 2);
	crowd_directories = argc > 3 ? argv + 3 : argv + argc;
	if (crowd_threads < 2 || argc <= 3) {
		fprintf(stderr, "plant: cgroup-crowd GROUPS PROCESSES THREADS DIRECTORY..., two threads at least\n");
		exit(2);
	}
	for (crowd_index = 0; crowd_index < crowd_groups; crowd_index++) {
		spawn(0, crowd_group);
		await_ready(crowd_processes + 1);
	}
	fact("processes", (long)crowd_groups * crowd_processes);
	fact("threads", (long)crowd_groups * crowd_processes * crowd_threads);
}

const struct scenario LOAD_SCENARIOS[] = {
	{ "storm", storm, storm_end },
	{ "crowd", crowd, NULL },
	{ "cgroup-crowd", cgroup_crowd, NULL },
	{ NULL, NULL, NULL },
};
