/* What was planted: facts from the kernel, and one line of JSON. */
#include "plant.h"

#include <sys/ioctl.h>
#include <sys/mman.h>

/* include/uapi/linux/nsfs.h; the newer ones are missing in older headers. */
#define NSFS_GET_USERNS _IO(0xb7, 0x1)
#define NSFS_GET_PARENT _IO(0xb7, 0x2)
#define NSFS_GET_NSTYPE _IO(0xb7, 0x3)
#define NSFS_GET_OWNER_UID _IO(0xb7, 0x4)
#define NSFS_GET_MNTNS_ID _IOR(0xb7, 0x5, unsigned long long)
#define NSFS_GET_ID _IOR(0xb7, 13, unsigned long long)

const char *const NS_TYPES[8] = { "user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time" };

enum { MAX_PLANTED = 64, MAX_HOLDERS = 16, MAX_FACTS = 32, NONE = -1 };

struct holder {
	const char *kind;
	int pid, tid, fd;
	unsigned mntns;
	char path[96];
};

struct planted {
	const char *type;
	unsigned inum;
	unsigned long long id;
	bool has_id;
	long parent, owner, owner_uid;
	int processes, tasks, holder_count;
	struct holder holder[MAX_HOLDERS];
};

/* In shared memory: any process of the scenario that is in the initial user namespace may record. */
static struct telling {
	int count, fact_count;
	struct planted planted[MAX_PLANTED];
	struct {
		char name[24], text[96];
		long value;
		bool is_text;
	} fact[MAX_FACTS];
} *telling;

void tell_init(void)
{
	telling = mmap(NULL, sizeof *telling, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (telling == MAP_FAILED)
		abort();
}

int ns_of(int pid, int tid, const char *link)
{
	char path[96];

	snprintf(path, sizeof path, "/proc/%d/task/%d/ns/%s", pid, tid, link);
	return must_(open(path, O_RDONLY | O_CLOEXEC), path);
}

static unsigned inum_behind(int fd)
{
	struct stat st;

	must(fstat(fd, &st));
	return st.st_ino;
}

unsigned inum_of(int pid, const char *link)
{
	int fd = ns_of(pid, pid, link);
	unsigned inum = inum_behind(fd);

	close(fd);
	return inum;
}

static const char *type_behind(int fd)
{
	switch (must(ioctl(fd, NSFS_GET_NSTYPE))) {
	case CLONE_NEWUSER: return "user";
	case CLONE_NEWNS: return "mnt";
	case CLONE_NEWPID: return "pid";
	case CLONE_NEWNET: return "net";
	case CLONE_NEWIPC: return "ipc";
	case CLONE_NEWUTS: return "uts";
	case CLONE_NEWCGROUP: return "cgroup";
	case CLONE_NEWTIME: return "time";
	default: die("NS_GET_NSTYPE");
	}
}

static long related(int fd, unsigned long request)
{
	int other = ioctl(fd, request);
	long inum;

	if (other < 0)
		return NONE;
	inum = inum_behind(other);
	close(other);
	return inum;
}

struct planted *plant(int fd)
{
	struct planted *ns = &telling->planted[telling->count++];
	bool is_user;
	uid_t uid;

	if (telling->count > MAX_PLANTED)
		die("MAX_PLANTED");
	ns->type = type_behind(fd);
	is_user = strcmp(ns->type, "user") == 0;
	ns->inum = inum_behind(fd);
	ns->has_id = ioctl(fd, NSFS_GET_ID, &ns->id) == 0 ||
		     (strcmp(ns->type, "mnt") == 0 && ioctl(fd, NSFS_GET_MNTNS_ID, &ns->id) == 0);
	ns->parent = is_user || strcmp(ns->type, "pid") == 0 ? related(fd, NSFS_GET_PARENT) : NONE;
	ns->owner = related(fd, NSFS_GET_USERNS);
	ns->owner_uid = is_user && ioctl(fd, NSFS_GET_OWNER_UID, &uid) == 0 ? (long)uid : NONE;
	close(fd);
	return ns;
}

struct planted *planted_nth(int n)
{
	if (n >= telling->count)
		die("planted_nth");
	return &telling->planted[n];
}

static struct holder *held(struct planted *ns, const char *kind, int pid, int tid, int fd)
{
	struct holder *holder = &ns->holder[ns->holder_count++];

	if (ns->holder_count > MAX_HOLDERS)
		die("MAX_HOLDERS");
	*holder = (struct holder){ .kind = kind, .pid = pid, .tid = tid, .fd = fd };
	return holder;
}

void by_process(struct planted *ns, int pid, int threads)
{
	held(ns, "process", pid, NONE, NONE);
	ns->processes++;
	ns->tasks += threads;
}

void by_thread(struct planted *ns, int pid, int tid)
{
	bool is_first = true;

	for (int i = 0; i < ns->holder_count; i++)
		is_first = is_first && ns->holder[i].pid != pid;
	ns->processes += is_first;
	held(ns, "thread", pid, tid, NONE);
	ns->tasks++;
}

void by_for_children(struct planted *ns, int pid, int tid)
{
	held(ns, "for-children", pid, tid, NONE);
}

void by_fd(struct planted *ns, int pid, int tid, int fd)
{
	held(ns, "fd", pid, tid, fd);
}

void by_socket(struct planted *ns, int pid, int fd)
{
	held(ns, "socket", pid, NONE, fd);
}

void by_mount(struct planted *ns, unsigned mntns, const char *path)
{
	struct holder *holder = held(ns, "mount", NONE, NONE, NONE);

	holder->mntns = mntns;
	snprintf(holder->path, sizeof holder->path, "%s", path);
}

void by_unseen(struct planted *ns, const char *what)
{
	snprintf(held(ns, "unseen", NONE, NONE, NONE)->path, sizeof ns->holder[0].path, "%s", what);
}

void fact(const char *name, long value)
{
	int i = telling->fact_count++;

	if (i >= MAX_FACTS)
		die("MAX_FACTS");
	snprintf(telling->fact[i].name, sizeof telling->fact[i].name, "%s", name);
	telling->fact[i].value = value;
}

void fact_text(const char *name, const char *text)
{
	fact(name, 0);
	telling->fact[telling->fact_count - 1].is_text = true;
	snprintf(telling->fact[telling->fact_count - 1].text, sizeof telling->fact[0].text, "%s", text);
}

/* Bytes as hexadecimal digits, since JSON has no way to write those that are not UTF-8. */
static void print_bytes(const char *name, const char *bytes)
{
	printf("\"%s\":\"", name);
	for (; *bytes; bytes++)
		printf("%02x", (unsigned char)*bytes);
	printf("\"");
}

static void print_or_null(const char *name, long value)
{
	if (value == NONE)
		printf(",\"%s\":null", name);
	else
		printf(",\"%s\":%ld", name, value);
}

static void print_holder(const struct holder *holder)
{
	printf("{\"kind\":\"%s\"", holder->kind);
	if (holder->pid != NONE)
		printf(",\"pid\":%d", holder->pid);
	if (holder->tid != NONE)
		printf(",\"tid\":%d", holder->tid);
	if (holder->fd != NONE)
		printf(",\"fd\":%d", holder->fd);
	if (holder->mntns)
		printf(",\"mntns\":%u", holder->mntns);
	if (holder->path[0]) {
		printf(",");
		print_bytes("pathHex", holder->path);
	}
	printf("}");
}

/* Kinds 7 and 8 follow from the facts: whose parent and whose owner this one is. */
static void print_relations(const struct planted *ns, bool first)
{
	for (int i = 0; i < telling->count; i++) {
		const struct planted *other = &telling->planted[i];

		if (other->parent == ns->inum && strcmp(other->type, ns->type) == 0) {
			printf("%s{\"kind\":\"child\",\"inum\":%u}", first ? "" : ",", other->inum);
			first = false;
		} else if (other->owner == ns->inum && strcmp(ns->type, "user") == 0) {
			printf("%s{\"kind\":\"owned\",\"type\":\"%s\",\"inum\":%u}", first ? "" : ",", other->type,
			       other->inum);
			first = false;
		}
	}
}

static void print_planted(const struct planted *ns)
{
	printf("{\"type\":\"%s\",\"inum\":%u", ns->type, ns->inum);
	if (ns->has_id)
		printf(",\"id\":\"%llu\"", ns->id);
	else
		printf(",\"id\":null");
	print_or_null("parent", ns->parent);
	print_or_null("owner", ns->owner);
	print_or_null("ownerUid", ns->owner_uid);
	printf(",\"processes\":%d,\"tasks\":%d,\"holders\":[", ns->processes, ns->tasks);
	for (int i = 0; i < ns->holder_count; i++) {
		printf("%s", i ? "," : "");
		print_holder(&ns->holder[i]);
	}
	print_relations(ns, ns->holder_count == 0);
	printf("]}");
}

void tell(const char *scenario)
{
	printf("{\"scenario\":\"%s\",\"namespaces\":[", scenario);
	for (int i = 0; i < telling->count; i++) {
		printf("%s", i ? "," : "");
		print_planted(&telling->planted[i]);
	}
	printf("],\"facts\":{");
	for (int i = 0; i < telling->fact_count; i++) {
		printf("%s", i ? "," : "");
		if (telling->fact[i].is_text)
			print_bytes(telling->fact[i].name, telling->fact[i].text);
		else
			printf("\"%s\":%ld", telling->fact[i].name, telling->fact[i].value);
	}
	printf("}}\n");
	fflush(stdout);
}
