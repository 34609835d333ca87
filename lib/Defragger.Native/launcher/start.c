/* See start.h. */
#include "start.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "system.h"

enum { EXIT_NOT_STARTED = 127 }; /* never seen by the parent: the report has an error instead */

static void tell(const struct start_pipes *pipes, enum start_step step, int reason)
{
    struct start_problem problem = {.step = step, .reason = reason};
    write_all(pipes->problems, &problem, sizeof problem);
}

static _Noreturn void give_up(const struct start_pipes *pipes, enum start_step step)
{
    tell(pipes, step, errno);
    _exit(EXIT_NOT_STARTED);
}

/* execvp, but without its last resort: a file that is no program is never handed to a shell. */
static void exec_path(char **argv)
{
    const char *name = argv[0];
    if (name[0] == '\0' || strchr(name, '/') != NULL) {
        execve(name, argv, environ);
        return;
    }
    const char *list = getenv("PATH");
    int reason = ENOENT;
    char path[4096];
    for (const char *at = list != NULL ? list : "/usr/bin:/bin"; at != NULL;) {
        const char *end = strchrnul(at, ':');
        int length = (int)(end - at);
        /* An empty entry is the current directory, as everywhere. */
        if ((size_t)snprintf(path, sizeof path, "%.*s%s%s", length, at, length > 0 ? "/" : "./", name) <
            sizeof path) {
            execve(path, argv, environ);
            if (errno != ENOENT && errno != ENOTDIR)
                reason = errno;
            if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
                break;
        }
        at = *end != '\0' ? end + 1 : NULL;
    }
    errno = reason;
}

static void prefer_for_oom(int adjust)
{
    char text[16];
    snprintf(text, sizeof text, "%d", adjust);
    write_text("/proc/self/oom_score_adj",
               text); /* lowering needs privilege; a preference is worth no failure */
}

_Noreturn void start_case(const struct case_spec *spec, const struct start_pipes *pipes,
                          const struct cgroup *group, pid_t supervisor)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor) /* it died before the line above */
        _exit(EXIT_NOT_STARTED);
    setsid();
    if (group->version != 0 && !cgroup_join(group))
        tell(pipes, START_JOIN, errno);
    prefer_for_oom(spec->oom_score_adj);
    if (spec->directory[0] != '\0' && chdir(spec->directory) != 0)
        give_up(pipes, START_DIRECTORY);
    if (dup2(pipes->output, STDOUT_FILENO) < 0 || dup2(pipes->error, STDERR_FILENO) < 0)
        give_up(pipes, START_PROGRAM);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    exec_path(spec->argv);
    give_up(pipes, START_PROGRAM);
}
