/* Recording through defragger.h: a new file of mode 0600, one recording at a time, none over a file; and by
 * DEFRAGGER_RECORD, of each process, whatever its end. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../replay/recording.h"
#include "../check.h"
#include "api.h"

static struct api api;
static char folder[] = "/tmp/defragger-record-XXXXXX", first[128], second[128];

static void *work(void *argument)
{
    struct random random = {5};
    for (int i = 0; i < 50000; i++) {
        void *block = malloc(random_size(&random, 12));
        block = realloc(block, random_size(&random, 12) + 1);
        free(block);
    }
    return argument;
}

static long length_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (long)status.st_size : -1;
}

static void test_start_and_stop(void)
{
    struct stat status;
    pthread_t threads[3];
    umask(0);
    CHECK(api.record_start(first) == 0);
    CHECK(stat(first, &status) == 0 && (status.st_mode & 07777) == 0600);
    CHECK(api.record_start(second) == EBUSY && length_of(second) == -1);
    CHECK(api.record_start(first) == EBUSY);
    for (size_t i = 0; i < 3; i++)
        DEMAND(pthread_create(&threads[i], NULL, work, NULL) == 0);
    work(NULL);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    CHECK(api.record_stop() == 0);
    long length = length_of(first);
    printf("%ld bytes for 600000 operations\n", length);
    CHECK(length > 200000);
    work(NULL);
    CHECK(length_of(first) == length);
    CHECK(api.record_start(first) == EEXIST && length_of(first) == length);
}

static void test_errors(void)
{
    CHECK(api.record_start("/nothing/there") == ENOENT);
    CHECK(symlink(second, "link") == 0 && api.record_start("link") == EEXIST && length_of(second) == -1);
    CHECK(unlink("link") == 0);
    CHECK(api.record_start(second) == 0 && api.record_stop() == 0);
    CHECK(length_of(second) >= 0);
    CHECK(unlink(second) == 0);
}

/* Starts and stops while others allocate. */
static void test_under_load(void)
{
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        DEMAND(pthread_create(&threads[i], NULL, work, NULL) == 0);
    for (int i = 0; i < 20; i++) {
        CHECK(api.record_start(second) == 0);
        sleep_ms(3);
        CHECK(api.record_stop() == 0);
        CHECK(unlink(second) == 0);
    }
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

/* The child of a fork does not write into the parent's recording. */
static int child(void *unused)
{
    (void)unused;
    work(NULL);
    return 0;
}

static void test_fork(void)
{
    CHECK(api.record_start(second) == 0);
    long before = length_of(second);
    CHECK(exited_with(run_forked(child, NULL), 0));
    CHECK(length_of(second) < before + 100000);
    CHECK(api.record_stop() == 0);
    CHECK(length_of(second) < before + 100000);
    CHECK(unlink(second) == 0);
}

/* A disk that is full, played by a limit: the recording ends with its last whole piece. */
static int child_without_room(void *unused)
{
    (void)unused;
    struct rlimit limit = {200000, 200000};
    signal(SIGXFSZ, SIG_IGN);
    DEMAND(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    DEMAND(api.record_start(second) == 0);
    work(NULL);
    long length = length_of(second);
    DEMAND(length > 24 && length < 200000);
    work(NULL);
    DEMAND(api.record_start(second) == EBUSY && length_of(second) == length);
    DEMAND(api.record_stop() == EFBIG && length_of(second) == length && unlink(second) == 0);
    DEMAND(api.record_start(second) == 0 && api.record_stop() == 0 && unlink(second) == 0);
    return 0;
}

/* A program that closes all descriptors finds nothing of a recording in the files that it opens then. */
static int child_that_closes(void *unused)
{
    (void)unused;
    DEMAND(api.record_start(second) == 0);
    for (int i = 3; i < 200; i++)
        close(i);
    for (int i = 3; i < 200; i++)
        DEMAND(open("other", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) == i);
    work(NULL);
    DEMAND(api.record_stop() == EBADF && length_of("other") == 0);
    for (int i = 3; i < 200; i++)
        DEMAND(close(i) == 0);
    DEMAND(unlink("other") == 0 && unlink(second) == 0);
    return 0;
}

/* --- Recordings of each process (DEFRAGGER_RECORD with %p) --- */

static char *program;

enum { EVENTS = 3000 };

/* What the program does when it is started by a test below: an even number of events, and an end. */
static int play(const char *how)
{
    for (int i = 0; i < EVENTS / 2; i++)
        free(malloc(1000 + (size_t)i));
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "kill") == 0)
        raise(SIGKILL);
    if (strcmp(how, "exec") == 0)
        execl(program, program, "exit", NULL);
    if (strcmp(how, "fork") == 0) {
        int status;
        pid_t pid = fork();
        DEMAND(pid >= 0);
        for (int i = 0; i < EVENTS / 2; i++)
            free(malloc(1000 + (size_t)i));
        if (pid == 0)
            _exit(0);
        DEMAND(waitpid(pid, &status, 0) == pid && status == 0);
    }
    _exit(0);
}

/* Events of blocks of 1000 bytes and more in a recording: their allocation, and its release. */
static int events_of(const char *path)
{
    int events = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -1;
    struct recording *recording = recording_open(descriptor, path);
    uint64_t key = 0;
    for (struct event event; recording_next(recording, &event);) {
        bool is_ours = event.kind == EVENT_RELEASE ? event.key == key : event.size >= 1000;
        key = is_ours && event.kind != EVENT_RELEASE ? event.key : 0;
        events += is_ours;
    }
    close(descriptor);
    return events;
}

/* Starts the program so that it records each process: its process id, after it has ended. */
static pid_t run_recorded(const char *how)
{
    char pattern[200];
    int status;
    snprintf(pattern, sizeof pattern, "%s/%%p", folder);
    pid_t pid = fork();
    DEMAND(pid >= 0);
    if (pid == 0) {
        setenv("DEFRAGGER_RECORD", pattern, 1);
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        execl(program, program, how, NULL);
        _exit(127);
    }
    DEMAND(waitpid(pid, &status, 0) == pid && !(WIFEXITED(status) && WEXITSTATUS(status) == 127));
    return pid;
}

static void check_recording(pid_t pid, const char *behind, int least, int most)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%ld%s", folder, (long)pid, behind);
    int events = events_of(path);
    CHECK(events >= least && events <= most);
    if (events < least || events > most)
        printf("%s has %d events, not %d to %d\n", path, events, least, most);
    unlink(path);
}

/* However a process ends, each of its events is in its file. */
static void test_ends(void)
{
    check_recording(run_recorded("exit"), "", EVENTS, EVENTS + 10);
    check_recording(run_recorded("abort"), "", EVENTS, EVENTS + 10);
    check_recording(run_recorded("kill"), "", EVENTS, EVENTS + 10);
    pid_t pid = run_recorded("exec");
    check_recording(pid, "", EVENTS, EVENTS + 10);
    check_recording(pid, ".2", EVENTS, EVENTS + 10);
}

/* A forked child has a file of its own, with what it did since. */
static void test_fork_each(void)
{
    pid_t pid = run_recorded("fork");
    check_recording(pid, "", 2 * EVENTS, 2 * EVENTS + 20);
    DIR *directory = opendir(folder);
    pid_t child = 0;
    DEMAND(directory != NULL);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            child = (pid_t)strtol(entry->d_name, NULL, 10);
    closedir(directory);
    CHECK(child > 0);
    check_recording(child, "", EVENTS, EVENTS + 10);
}

static void test_trouble(void)
{
    CHECK(exited_with(run_forked(child_without_room, NULL), 0));
    CHECK(exited_with(run_forked(child_that_closes, NULL), 0));
}

int main(int count, char **words)
{
    program = words[0]; /* a path: that is how tests are started */
    if (count == 2)
        return play(words[1]);
    api = api_or_skip();
    DEMAND(api.record_start != NULL && api.record_stop != NULL);
    DEMAND(program[0] == '/' && mkdtemp(folder) != NULL && chdir(folder) == 0);
    snprintf(first, sizeof first, "%s/first", folder);
    snprintf(second, sizeof second, "%s/second", folder);
    test_start_and_stop();
    test_errors();
    test_under_load();
    test_fork();
    test_trouble();
    test_ends();
    test_fork_each();
    unlink(first);
    rmdir(folder);
    return check_end();
}
