/*
 * plant: puts one named scenario of namespaces on the running kernel, says in one line of JSON what it planted, and
 * takes everything away again when its stdin closes.
 *
 * What is told comes from the kernel (ioctl_ns(2)) or from what the scenario itself did, never from a search, so that
 * it can be held against what a search finds.
 */
#ifndef PLANT_H
#define PLANT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* Everything but the user namespace, and with it. */
#define OTHER_SEVEN \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWCGROUP | CLONE_NEWTIME)
#define ALL_EIGHT (CLONE_NEWUSER | OTHER_SEVEN)

extern const char *const NS_TYPES[8];

/* ---- task.c: processes, threads, and how they report to the main process ---- */

/* Ends the whole program with a message; errno is added. */
_Noreturn void die(const char *what);
/* The same for what this kernel or these rights do not offer: exit status 77. */
_Noreturn void unsupported(const char *what);
/* Hands the value through, dies when it is negative. */
#define must(call) must_(call, #call)
long must_(long value, const char *what);

void tasks_init(void);
/* A child that runs `body` and then sleeps; it dies with its parent. `flags` are those of clone3(2). */
pid_t spawn(unsigned long long flags, void (*body)(void));
void sleep_forever(void);
/* A thread of the caller that runs `body` and then sleeps. */
void start_thread(void (*body)(void));
/* Tells the main process, in slot `i`, the caller's pid and tid in the main process's pid namespace. */
void report(int i);
void report_number(int i, long value);
int reported_pid(int i);
int reported_tid(int i);
long reported_number(int i);
/* One `ready` for each of the `n` that are awaited. */
void ready(void);
void await_ready(int n);
/* Waits for a number other than zero in slot `i`: for the main process where another one awaits the `ready`s. */
void await_number(int i);
/* Kills a child of the caller and waits until it is gone. */
void end_child(pid_t pid);
/* Kills every child of the main process and waits until nothing that it made is left. */
void end_all(void);
void write_file(const char *path, const char *text);
/* Makes the caller root of its new user namespace, in which `outside` is its uid and gid in the parent. */
void map_self(int outside);

/* ---- tell.c: what was planted ---- */

struct planted;

/* Opens `link` of a task's ns/ directory. */
int ns_of(int pid, int tid, const char *link);
unsigned inum_of(int pid, const char *link);
/* Records the namespace behind an nsfs descriptor and closes that. Call it in the initial user namespace. */
struct planted *plant(int fd);
/* The n-th that was recorded; for what another process of the scenario recorded. */
struct planted *planted_nth(int n);
void by_process(struct planted *ns, int pid, int threads);
void by_thread(struct planted *ns, int pid, int tid);
void by_for_children(struct planted *ns, int pid, int tid);
void by_fd(struct planted *ns, int pid, int tid, int fd);
void by_socket(struct planted *ns, int pid, int fd);
void by_mount(struct planted *ns, unsigned mntns, const char *path);
/* Something that no file system shows, in words. */
void by_unseen(struct planted *ns, const char *what);
void fact(const char *name, long value);
void fact_text(const char *name, const char *text);
void tell_init(void);
void tell(const char *scenario);

/* ---- the scenarios ---- */

struct scenario {
	const char *name;
	void (*run)(int argc, char **argv);
	/* Called when stdin has closed, before everything is taken away. */
	void (*end)(void);
};

extern const struct scenario HOLDER_SCENARIOS[];
extern const struct scenario MOUNT_SCENARIOS[];
extern const struct scenario TRAP_SCENARIOS[];
extern const struct scenario UNSEEN_SCENARIOS[];
extern const struct scenario LOAD_SCENARIOS[];

/* ---- mounts.c, used by others too ---- */

/* A mount namespace of the caller's own, from which nothing spreads, with an empty tmpfs at /run. */
void own_mounts(void);
/* Bind-mounts `link` of a process at `path`. */
void pin(int pid, const char *link, const char *path);

#endif
