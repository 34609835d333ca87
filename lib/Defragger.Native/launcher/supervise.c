/* See supervise.h. */
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "oom.h"
#include "report.h"
#include "start.h"
#include "system.h"
#include "tree.h"

enum phase { RUNNING, ENDING, KILLED, MAIN_ENDED };

enum { CONTROL_FD = 3 }; /* 0 to 2 are /dev/null */

/* Between two looks for adopted children while leftovers die; SIGCHLD usually cuts it short. */
enum { SWEEP_MS = 10 };

struct watch {
    const struct case_spec *spec;
    const struct surroundings *surroundings;
    enum phase phase;
    pid_t main;
    int control;  /* -1 once its end has been seen */
    int signals;  /* SIGCHLD, and the signals that ask a program to end */
    int problems; /* what fails between fork and exec */
    uint64_t started_us;
    uint64_t deadline_us; /* of the phase; 0: none */
    bool foreign_kill;    /* a process of the case died by a SIGKILL that is not ours */
    struct cgroup group;
    struct capture streams[2];
    struct report report;
};

/* --- Starting --- */

static void watch_take_descriptors(struct watch *watch, int control)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(watch->surroundings->null, fd);
    if (control != CONTROL_FD)
        dup3(control, CONTROL_FD, O_CLOEXEC);
    close_from(CONTROL_FD + 1); /* among them the server's ends of all other supervisors' sockets */
    watch->control = CONTROL_FD;
}

/* Opens all that the watch needs; on failure errno tells, and what is open goes with the process. */
static bool watch_open(struct watch *watch, struct start_pipes *pipes)
{
    static const int wanted[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, 0};
    int output[2], error[2], problems[2];
    if (pipe2(output, O_CLOEXEC) != 0 || pipe2(error, O_CLOEXEC) != 0 || pipe2(problems, O_CLOEXEC) != 0)
        return false;
    watch->signals = signals_open(wanted);
    if (watch->signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return false;
    *pipes = (struct start_pipes){.output = output[1], .error = error[1], .problems = problems[1]};
    watch->problems = problems[0];
    for (size_t i = 0; i < 2; i++) {
        int fd = i == 0 ? output[0] : error[0];
        fcntl(fd, F_SETFL, O_NONBLOCK);
        capture_open(&watch->streams[i], fd, watch->spec->capture_limit);
    }
    return true;
}

static bool watch_start(struct watch *watch)
{
    struct start_pipes pipes;
    if (!watch_open(watch, &pipes))
        return false;
    const struct surroundings *around = watch->surroundings;
    if (watch->spec->memory_limit > 0)
        watch->report.limit = cgroup_create(&watch->group, &around->home, around->server, watch->spec->id,
                                            watch->spec->memory_limit)
                                  ? LIMIT_ENFORCED
                                  : LIMIT_NOT_ENFORCED;
    pid_t self = getpid();
    watch->started_us = clock_us();
    /* Not vfork, though it would save a tenth of a case's cost: a directory or program on a file system that
     * hangs would then hold us too, out of reach of timeout and cancel. */
    watch->main = fork();
    if (watch->main == 0)
        start_case(watch->spec, &pipes, &watch->group, self);
    if (watch->main < 0)
        return false;
    close(pipes.output);
    close(pipes.error);
    close(pipes.problems);
    if (watch->spec->timeout_ms > 0)
        watch->deadline_us = watch->started_us + (uint64_t)watch->spec->timeout_ms * 1000;
    return true;
}

/* --- Ending --- */

static void main_signal(const struct watch *watch, int number)
{
    /* The group is there once the child has called setsid; before that there is only the child. */
    if (kill(-watch->main, number) != 0)
        kill(watch->main, number);
}

static void watch_kill(struct watch *watch)
{
    watch->phase = KILLED;
    watch->deadline_us = 0;
    if (watch->group.version != 0)
        cgroup_kill(&watch->group);
    main_signal(watch, SIGKILL);
}

static void watch_cancel(struct watch *watch)
{
    watch->report.cancelled = true;
    watch_kill(watch);
}

static void watch_deadline(struct watch *watch)
{
    watch->report.timed_out = true;
    if (watch->phase == ENDING || watch->spec->grace_ms == 0) {
        watch_kill(watch);
        return;
    }
    watch->phase = ENDING;
    watch->deadline_us = clock_us() + (uint64_t)watch->spec->grace_ms * 1000;
    main_signal(watch, SIGTERM);
    main_signal(watch, SIGCONT); /* a stopped process would not see the other */
}

/* --- Watching --- */

static bool killed(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static uint64_t microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

static void main_ended(struct watch *watch, int status, const struct rusage *usage)
{
    struct report *report = &watch->report;
    report->ended = true;
    report->wait_status = status;
    report->wall_us = clock_us() - watch->started_us;
    report->user_us = microseconds(usage->ru_utime);
    report->system_us = microseconds(usage->ru_stime);
    /* 128 + 9 is how a shell passes on that what it ran was killed. */
    bool passed_on = WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGKILL;
    watch->foreign_kill |= watch->phase != KILLED && (killed(status) || passed_on);
    watch->phase = MAIN_ENDED;
    watch->deadline_us = 0;
}

static void child_ended(struct watch *watch, pid_t child)
{
    int status;
    struct rusage usage;
    if (child == watch->main)
        kill(-child, SIGKILL); /* while its number is still taken, by the zombie */
    if (wait4(child, &status, 0, &usage) != child)
        return;
    uint64_t peak = (uint64_t)usage.ru_maxrss * 1024;
    if (peak > watch->report.peak_bytes)
        watch->report.peak_bytes = peak;
    if (child == watch->main)
        main_ended(watch, status, &usage);
    else if (watch->phase == MAIN_ENDED)
        watch->report.strays +=
            killed(status); /* by the sweep; what had ended by itself was not left behind */
    else
        watch->foreign_kill |= watch->phase != KILLED && killed(status);
}

/* Reaps what has ended; false when there is no child at all any more. */
static bool watch_reap(struct watch *watch)
{
    for (;;) {
        siginfo_t info = {.si_pid = 0};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
            return errno != ECHILD;
        if (info.si_pid == 0)
            return true;
        child_ended(watch, info.si_pid);
    }
}

/* Reads the pending signals; true when one of them asks us to end. */
static bool signals_read(int signals)
{
    struct signalfd_siginfo info[8];
    bool end = false;
    ssize_t got = read(signals, info, sizeof info);
    for (size_t i = 0; got > 0 && i < (size_t)got / sizeof *info; i++)
        end |= info[i].ssi_signo != SIGCHLD;
    return end;
}

static int until(uint64_t deadline_us)
{
    if (deadline_us == 0)
        return -1;
    uint64_t now = clock_us();
    uint64_t left_ms = deadline_us > now ? (deadline_us - now + 999) / 1000 : 0;
    return left_ms < 1000 * 1000 ? (int)left_ms : 1000 * 1000;
}

static void watch_main(struct watch *watch)
{
    while (watch->phase != MAIN_ENDED) {
        struct pollfd polls[] = {
            {.fd = watch->signals, .events = POLLIN},
            {.fd = watch->control, .events = POLLIN},
            {.fd = watch->streams[0].fd, .events = POLLIN},
            {.fd = watch->streams[1].fd, .events = POLLIN},
        };
        if (poll(polls, sizeof polls / sizeof *polls, until(watch->deadline_us)) < 0)
            continue;
        for (size_t i = 0; i < 2; i++)
            if (polls[2 + i].revents != 0)
                capture_read(&watch->streams[i]);
        if (polls[0].revents != 0 && signals_read(watch->signals))
            watch_cancel(watch);
        if (polls[1].revents != 0) {
            watch->control = -1; /* nothing is ever sent to us: it can only be the end */
            watch_cancel(watch);
        }
        watch_reap(watch);
        if (watch->phase != MAIN_ENDED && watch->deadline_us != 0 && clock_us() >= watch->deadline_us)
            watch_deadline(watch);
    }
}

/* --- Leftovers, report --- */

static void watch_sweep(struct watch *watch)
{
    if (watch->group.version != 0)
        cgroup_kill(&watch->group);
    while (watch_reap(watch)) {
        pid_t children[TREE_ROUND];
        size_t count = tree_children(children);
        size_t mortal = 0;
        for (size_t i = 0; i < count; i++)
            mortal += tree_kill(children[i]);
        if (count > 0 && mortal == 0) {
            watch->report.strays += (unsigned)count;
            return;
        }
        struct pollfd ended = {.fd = watch->signals, .events = POLLIN};
        poll(&ended, 1, SWEEP_MS);
        signals_read(watch->signals);
    }
}

static void watch_read_problems(struct watch *watch)
{
    struct start_problem problem;
    struct report *report = &watch->report;
    /* The writers are gone, so this never waits. */
    while (read(watch->problems, &problem, sizeof problem) == (ssize_t)sizeof problem) {
        if (problem.step == START_JOIN) {
            report->limit = LIMIT_NOT_ENFORCED;
            continue;
        }
        const char *directory = problem.step == START_DIRECTORY ? watch->spec->directory : NULL;
        report_cannot_start(report, watch->spec->argv[0], directory, problem.reason);
        report->ended = false;
        report->peak_bytes = 0;
    }
}

static void watch_judge_memory(struct watch *watch)
{
    struct report *report = &watch->report;
    if (report->ended)
        report->peak_source = PEAK_RUSAGE;
    if (watch->group.version != 0) {
        uint64_t peak = cgroup_peak(&watch->group);
        if (report->ended && report->limit == LIMIT_ENFORCED && peak > 0) {
            report->peak_bytes = peak;
            report->peak_source = PEAK_CGROUP;
        }
        report->out_of_memory = cgroup_oom_kills(&watch->group) > 0;
        cgroup_remove(&watch->group);
    }
    if (watch->foreign_kill && !report->out_of_memory) {
        uint64_t kills = oom_kills();
        report->out_of_memory = kills == OOM_KILLS_UNKNOWN || kills > watch->surroundings->oom_kills;
    }
}

/* Sends all parts however the socket cuts them. A server that is gone is no problem here: the case has ended.
 */
static void send_parts(int control, struct iovec *parts, int count)
{
    while (count > 0) {
        ssize_t sent = writev(control, parts, count);
        if (sent < 0 && errno != EINTR)
            return;
        for (; count > 0 && sent >= (ssize_t)parts->iov_len; parts++, count--)
            sent -= (ssize_t)parts->iov_len;
        if (count > 0 && sent > 0) {
            parts->iov_base = (char *)parts->iov_base + sent;
            parts->iov_len -= (size_t)sent;
        }
    }
}

static void watch_report(struct watch *watch)
{
    char line[REPORT_LINE_MAX];
    uint32_t length;
    struct iovec parts[2 + 2 * CAPTURE_PARTS];
    struct report *report = &watch->report;
    for (size_t i = 0; i < 2; i++) {
        report->kept[i] = capture_parts(&watch->streams[i], parts + 2 + i * CAPTURE_PARTS);
        report->total[i] = watch->streams[i].total;
    }
    size_t line_length = report_line(report, line);
    length = (uint32_t)(line_length + report->kept[0] + report->kept[1]);
    parts[0] = (struct iovec){&length, sizeof length};
    parts[1] = (struct iovec){line, line_length};
    send_parts(CONTROL_FD, parts, (int)(sizeof parts / sizeof *parts));
}

_Noreturn void supervise(const struct case_spec *spec, int control, const struct surroundings *surroundings)
{
    static struct watch watch; /* static: pages of zeros that are never touched cost nothing */
    watch.spec = spec;
    watch.surroundings = surroundings;
    watch.report.id = spec->id;
    watch.streams[0].fd = watch.streams[1].fd = -1;
    watch_take_descriptors(&watch, control);
    if (watch_start(&watch)) {
        watch_main(&watch);
        watch_sweep(&watch);
        for (size_t i = 0; i < 2; i++)
            capture_finish(&watch.streams[i]);
        watch_read_problems(&watch);
    } else {
        report_cannot_start(&watch.report, spec->argv[0], NULL, errno);
    }
    watch_judge_memory(&watch);
    watch_report(&watch);
    _exit(EXIT_SUCCESS);
}
