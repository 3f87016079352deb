/*
 * What the shell cannot do in a guest's cgroups: `actor PART [ARGUMENT…]`. Prints one line when it is in place, and then
 * stays there, unless its part is to end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void stay(void)
{
	for (;;)
		pause();
}

static void join_threads(const char *cgroup)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof path, "%s/cgroup.threads", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	/* "0" is whoever writes it. */
	if (fd < 0 || write(fd, "0", 1) != 1)
		fail(path);
	close(fd);
}

static pthread_barrier_t in_place;
static int tids[16];

struct member {
	int index;
	const char *cgroup;
};

static void *run_member(void *argument)
{
	struct member *self = argument;

	if (self->cgroup != NULL)
		join_threads(self->cgroup);
	tids[self->index] = gettid();
	pthread_barrier_wait(&in_place);
	stay();
	return NULL;
}

static void start_members(int count, char **cgroups)
{
	static struct member members[16];
	pthread_t thread;

	if (count > 16)
		count = 16;
	pthread_barrier_init(&in_place, NULL, count + 1);
	for (int i = 0; i < count; i++) {
		members[i] = (struct member){ i, cgroups == NULL ? NULL : cgroups[i] };
		errno = pthread_create(&thread, NULL, run_member, &members[i]);
		if (errno != 0)
			fail("pthread_create");
	}
	pthread_barrier_wait(&in_place);
	for (int i = 0; i < count; i++)
		printf("%d ", tids[i]);
	printf("\n");
	fflush(stdout);
}

/* Touches that much memory, if nothing stops it. The pages stay. */
static void hog(size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		fail("mmap");
	memset(memory, 1, bytes);
}

static void map_huge(size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (memory == MAP_FAILED)
		fail("mmap of huge pages");
	memset(memory, 1, bytes);
}

/* Forks until the kernel refuses, and says how often it did not. */
static void fork_all(void)
{
	int count = 0;

	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			stay();
		if (pid < 0)
			break;
		count++;
	}
	printf("%d %s\n", count, strerrorname_np(errno));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *part = argc > 1 ? argv[1] : "";

	if (strcmp(part, "threads") == 0) {
		start_members(argc - 2, argv + 2);
	} else if (strcmp(part, "dead-leader") == 0) {
		start_members(1, NULL);
		pthread_exit(NULL);
	} else if (strcmp(part, "hog") == 0 && argc == 3) {
		hog(strtoull(argv[2], NULL, 0));
		return 0;
	} else if (strcmp(part, "memory") == 0 && argc == 3) {
		hog(strtoull(argv[2], NULL, 0));
		puts("in place");
	} else if (strcmp(part, "huge") == 0 && argc == 3) {
		map_huge(strtoull(argv[2], NULL, 0));
		puts("in place");
	} else if (strcmp(part, "forks") == 0) {
		fork_all();
	} else {
		fprintf(stderr, "actor: unknown part %s\n", part);
		return 2;
	}
	fflush(stdout);
	stay();
}
