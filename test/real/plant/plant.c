/* usage: plant SCENARIO [ARGUMENT...]; plants, tells, waits until stdin closes, takes everything away. */
#include "plant.h"

static const struct scenario *const FAMILIES[] = {
	HOLDER_SCENARIOS, MOUNT_SCENARIOS, TRAP_SCENARIOS, UNSEEN_SCENARIOS, LOAD_SCENARIOS,
};

static const struct scenario *find(const char *name)
{
	for (size_t i = 0; i < sizeof FAMILIES / sizeof FAMILIES[0]; i++)
		for (const struct scenario *s = FAMILIES[i]; s->name; s++)
			if (strcmp(s->name, name) == 0)
				return s;
	return NULL;
}

static void wait_for_the_end(void)
{
	char buffer[256];
	ssize_t n;

	do
		n = read(STDIN_FILENO, buffer, sizeof buffer);
	while (n > 0 || (n < 0 && errno == EINTR));
}

int main(int argc, char **argv)
{
	const struct scenario *scenario = argc > 1 ? find(argv[1]) : NULL;

	if (!scenario) {
		fprintf(stderr, "usage: plant SCENARIO [ARGUMENT...]\n");
		return 2;
	}
	/* Fails only for a session leader, which is alone in its group already. */
	setpgid(0, 0);
	signal(SIGPIPE, SIG_IGN);
	tasks_init();
	tell_init();
	scenario->run(argc - 2, argv + 2);
	tell(scenario->name);
	wait_for_the_end();
	if (scenario->end)
		scenario->end();
	end_all();
	return 0;
}
