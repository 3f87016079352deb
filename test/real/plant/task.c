/* Processes and threads of a scenario, and the shared memory through which they report. */
#include "plant.h"

#include <linux/sched.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

enum { SLOTS = 64, MAX_CHILDREN = 65536, UNSUPPORTED = 77 };

static struct shared {
	sem_t ready;
	volatile int failed;
	struct {
		int pid, tid;
		volatile long number;
	} slot[SLOTS];
} *shared;

static pid_t main_pid;
static pid_t *children;
static int child_count;

static _Noreturn void fail(const char *what, int status)
{
	fprintf(stderr, "plant: %s: %s\n", what, strerror(errno));
	if (getpid() != main_pid) {
		shared->failed = status;
		sem_post(&shared->ready);
	}
	_exit(status);
}

_Noreturn void die(const char *what)
{
	fail(what, 1);
}

_Noreturn void unsupported(const char *what)
{
	fail(what, UNSUPPORTED);
}

long must_(long value, const char *what)
{
	if (value < 0)
		die(what);
	return value;
}

void tasks_init(void)
{
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	children = calloc(MAX_CHILDREN, sizeof *children);
	if (shared == MAP_FAILED || !children)
		abort();
	main_pid = getpid();
	must(sem_init(&shared->ready, 1, 0));
	/* Orphans of the scenario come to the main process, so that it can wait until the last of them is gone. */
	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
	must(prctl(PR_SET_PDEATHSIG, SIGKILL));
}

void sleep_forever(void)
{
	for (;;)
		pause();
}

pid_t spawn(unsigned long long flags, void (*body)(void))
{
	/* clone3 and not clone: only its flags have room for CLONE_NEWTIME. */
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };
	pid_t pid = syscall(SYS_clone3, &args, sizeof args);

	if (pid < 0)
		unsupported("clone3");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		body();
		sleep_forever();
	}
	if (getpid() == main_pid && child_count < MAX_CHILDREN)
		children[child_count++] = pid;
	return pid;
}

static void *thread_main(void *body)
{
	(*(void (**)(void))body)();
	sleep_forever();
	return NULL;
}

void start_thread(void (*body)(void))
{
	pthread_t thread;
	void (**argument)(void) = malloc(sizeof *argument);

	*argument = body;
	if (pthread_create(&thread, NULL, thread_main, argument) != 0)
		die("pthread_create");
}

void report(int i)
{
	/* The mounted /proc is that of the main process's pid namespace, whatever the caller's own is. */
	char link[64] = "";

	must(readlink("/proc/thread-self", link, sizeof link - 1));
	if (sscanf(link, "%d/task/%d", &shared->slot[i].pid, &shared->slot[i].tid) != 2)
		die("/proc/thread-self");
}

void report_number(int i, long value)
{
	shared->slot[i].number = value;
}

int reported_pid(int i)
{
	return shared->slot[i].pid;
}

int reported_tid(int i)
{
	return shared->slot[i].tid;
}

long reported_number(int i)
{
	return shared->slot[i].number;
}

void ready(void)
{
	sem_post(&shared->ready);
}

void await_ready(int n)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 60;
	while (n-- > 0) {
		while (sem_timedwait(&shared->ready, &until) < 0)
			if (errno != EINTR)
				die("a task of the scenario did not report");
		if (shared->failed)
			_exit(shared->failed);
	}
}

void await_number(int i)
{
	for (int waited = 0; shared->slot[i].number == 0; waited++) {
		if (shared->failed)
			_exit(shared->failed);
		if (waited > 60 * 1000)
			die("a task of the scenario did not report");
		usleep(1000);
	}
}

void end_child(pid_t pid)
{
	must(kill(pid, SIGKILL));
	while (waitpid(pid, NULL, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
}

void end_all(void)
{
	for (int i = 0; i < child_count; i++)
		kill(children[i], SIGKILL);
	/* What the children made dies with them (PR_SET_PDEATHSIG) and is reaped here. */
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

void write_file(const char *path, const char *text)
{
	int fd = must_(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), path);

	must_(write(fd, text, strlen(text)), path);
	close(fd);
}

void map_self(int outside)
{
	char line[32];

	snprintf(line, sizeof line, "0 %d 1", outside);
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", line);
	write_file("/proc/self/gid_map", line);
}
