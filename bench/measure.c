/*
 * measure COMMAND [ARGUMENT...]: runs a command whose output nobody reads and prints, in one line, how long it took,
 * its user and system time (microseconds), its peak memory (KiB) and its wait status. Node cannot ask for the
 * resources that a child has used (wait4(2)); and its own memory would count for the child's, which a fork of this
 * small program does not bring along.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	struct rusage used;
	long long began = now();
	int status, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid;

	if (argc < 2 || null < 0)
		return 2;
	pid = fork();
	if (pid == 0) {
		for (int fd = 0; fd <= 2; fd++)
			dup2(null, fd);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
		return 1;
	printf("%lld %lld %lld %ld %d\n", now() - began, used.ru_utime.tv_sec * 1000000ll + used.ru_utime.tv_usec,
	       used.ru_stime.tv_sec * 1000000ll + used.ru_stime.tv_usec, used.ru_maxrss, status);
	return 0;
}
