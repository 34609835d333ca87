/* See measure.h. */
#include "measure.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "system.h"

/* Processes that have been found; those from `next` on have not been looked at. */
struct found {
    pid_t pids[MEASURE_PROCESSES];
    size_t count, next;
};

struct held {
    uint64_t own, most_shared; /* pages */
};

/* Adds the children that one thread has forked. A list that is cut ends inside a number. */
static void add_children(struct found *found, pid_t pid, const char *thread)
{
    char path[64], text[8 * 1024];
    if ((size_t)snprintf(path, sizeof path, "/proc/%ld/task/%s/children", (long)pid, thread) >= sizeof path ||
        !read_text(path, text, sizeof text))
        return;
    char *at = text;
    for (char *end; found->count < MEASURE_PROCESSES; at = end) {
        long child = strtol(at, &end, 10);
        if (end == at || *end != ' ')
            return;
        found->pids[found->count++] = (pid_t)child;
    }
}

/* The kernel lists children by the thread that forked them. */
static void add_children_of_all(struct found *found, pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *threads = opendir(path);
    if (threads == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(threads)) != NULL;)
        if (entry->d_name[0] != '.')
            add_children(found, pid, entry->d_name);
    closedir(threads);
}

static void add_held(struct held *held, pid_t pid)
{
    char path[64], text[128];
    unsigned long long size, resident, shared;
    snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
    if (!read_text(path, text, sizeof text) || sscanf(text, "%llu %llu %llu", &size, &resident, &shared) != 3)
        return;
    held->own += resident > shared ? resident - shared : 0;
    if (shared > held->most_shared)
        held->most_shared = shared;
}

uint64_t measure_below(pid_t supervisor)
{
    static struct found found;
    struct held held = {0};
    found.count = found.next = 0;
    add_children_of_all(&found, supervisor);
    while (found.next < found.count) {
        pid_t pid = found.pids[found.next++];
        add_held(&held, pid);
        add_children_of_all(&found, pid);
    }
    return (held.own + held.most_shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}
