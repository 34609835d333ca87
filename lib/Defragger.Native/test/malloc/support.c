#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

_Noreturn void demand_failed(const char *file, int line, const char *text)
{
    char message[512];
    int length = snprintf(message, sizeof message, "%s:%d: %s (errno %d)\n", file, line, text, errno);
    if (length > 0 && write(STDOUT_FILENO, message, (size_t)length) < 0)
        _exit(2);
    _exit(1);
}

/* Before main, so that no program forgets it. What is printed before a crash is seen, and takes no memory. */
__attribute__((constructor)) static void prepare(void)
{
    static char buffer[1024];
    setvbuf(stdout, buffer, _IOLBF, sizeof buffer);
    if (getenv("DEFRAG_TEST_OURS") != NULL && !ours())
        demand_failed(__FILE__, __LINE__, "libdefragger serves malloc");
}

/* --- Random numbers and contents --- */

/* splitmix64 */
static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return value ^ value >> 31;
}

uint32_t random_next(struct random *random)
{
    random->state += UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(mix(random->state) >> 32);
}

uint32_t random_below(struct random *random, uint32_t bound)
{
    return (uint32_t)((uint64_t)random_next(random) * bound >> 32);
}

size_t random_size(struct random *random, unsigned bits)
{
    unsigned chosen = random_below(random, bits + 1);
    return random_next(random) & (((size_t)1 << chosen) - 1);
}

/* Word i of a pattern; cheap, since the stress test spends most of its time here. */
static uint64_t word_of(uint64_t base, size_t i)
{
    return base + i * UINT64_C(0x9E3779B97F4A7C15);
}

void pattern_fill(void *block, size_t size, uint64_t key)
{
    unsigned char *bytes = block;
    uint64_t base = mix(key), word;
    size_t i = 0;
    for (; (i + 1) * 8 <= size; i++) {
        word = word_of(base, i);
        memcpy(bytes + i * 8, &word, 8);
    }
    word = word_of(base, i);
    if (size % 8 != 0)
        memcpy(bytes + i * 8, &word, size % 8);
}

bool pattern_holds(const void *block, size_t size, uint64_t key)
{
    const unsigned char *bytes = block;
    uint64_t base = mix(key), word;
    size_t i = 0;
    for (; (i + 1) * 8 <= size; i++) {
        word = word_of(base, i);
        if (memcmp(bytes + i * 8, &word, 8) != 0)
            return false;
    }
    word = word_of(base, i);
    return size % 8 == 0 || memcmp(bytes + i * 8, &word, size % 8) == 0;
}

bool all_bytes(const void *block, size_t size, unsigned char value)
{
    const unsigned char *bytes = block;
    return size == 0 || (bytes[0] == value && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* --- This process --- */

void *our_function(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

bool ours(void)
{
    static _Atomic int known; /* 0: not yet */
    if (known == 0)
        known = our_function("df_malloc_version") != NULL ? 1 : 2;
    return known == 1;
}

static void *library_of(const char *name)
{
    Dl_info info;
    void *function = dlsym(RTLD_DEFAULT, name);
    return function != NULL && dladdr(function, &info) != 0 ? info.dli_fbase : NULL;
}

bool with_malloc(const char *name)
{
    void *library = library_of(name);
    return library != NULL && library == library_of("malloc");
}

bool is_aligned(const void *block, size_t size)
{
    return ((uintptr_t)block & (size < 16 && !ours() ? 7 : 15)) == 0;
}

uint64_t memory_pss(void)
{
    char text[4096];
    size_t length = 0;
    int file = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
    DEMAND(file >= 0);
    for (ssize_t got; (got = read(file, text + length, sizeof text - 1 - length)) > 0;)
        length += (size_t)got;
    close(file);
    text[length] = '\0';
    const char *line = strstr(text, "\nPss:");
    DEMAND(line != NULL);
    return strtoull(line + 5, NULL, 10) * KIB;
}

void sleep_ms(unsigned milliseconds)
{
    struct timespec left = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

bool eventually(bool (*is_so)(const void *context), const void *context)
{
    enum { STEP_MS = 50, MOST_MS = 30000 };
    for (int waited = 0; !is_so(context); waited += STEP_MS) {
        if (waited >= MOST_MS)
            return false;
        sleep_ms(STEP_MS);
    }
    return true;
}

void guard_seconds(unsigned seconds)
{
    signal(SIGALRM, SIG_DFL);
    alarm(seconds);
}

/* --- Child processes --- */

bool exited_with(int status, int code)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

bool killed_by(int status, int number)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == number;
}

static int wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        DEMAND(errno == EINTR);
    return status;
}

int run_forked(int (*function)(void *), void *argument)
{
    fflush(stdout);
    pid_t child = fork();
    DEMAND(child >= 0);
    if (child == 0) {
        int code = function(argument);
        fflush(stdout);
        _exit(code);
    }
    return wait_for(child);
}

/* Reads what there is, keeping what fits; false at the end. */
static bool take_text(int file, char *text, size_t room, size_t *length)
{
    char beyond[512];
    bool fits = *length + 1 < room;
    ssize_t got = read(file, fits ? text + *length : beyond, fits ? room - 1 - *length : sizeof beyond);
    if (got > 0 && fits)
        *length += (size_t)got;
    return got > 0 || (got < 0 && errno == EINTR);
}

void run_self(const char *first, const char *second, const char *const settings[], struct outcome *outcome)
{
    int out[2], err[2];
    size_t out_length = 0, err_length = 0;
    DEMAND(pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0);
    fflush(stdout);
    pid_t child = fork();
    DEMAND(child >= 0);
    if (child == 0) {
        for (; settings != NULL && *settings != NULL; settings++)
            putenv((char *)(uintptr_t)*settings);
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        execl("/proc/self/exe", "/proc/self/exe", first, second, (char *)NULL);
        _exit(126);
    }
    close(out[1]);
    close(err[1]);
    struct pollfd open_ends[] = {{.fd = out[0], .events = POLLIN}, {.fd = err[0], .events = POLLIN}};
    while (open_ends[0].fd >= 0 || open_ends[1].fd >= 0) {
        if (poll(open_ends, 2, -1) < 0)
            continue;
        if (open_ends[0].revents != 0 && !take_text(out[0], outcome->out, sizeof outcome->out, &out_length))
            open_ends[0].fd = -1;
        if (open_ends[1].revents != 0 && !take_text(err[0], outcome->err, sizeof outcome->err, &err_length))
            open_ends[1].fd = -1;
    }
    close(out[0]);
    close(err[0]);
    outcome->out[out_length] = outcome->err[err_length] = '\0';
    outcome->status = wait_for(child);
}
