/* See tree.h. */
#include "tree.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "system.h"

/* The parent of a process: the second field after the last ')' of its stat, as its name may hold anything. */
static pid_t parent_of(const char *pid)
{
    char path[64], text[512];
    if ((size_t)snprintf(path, sizeof path, "/proc/%s/stat", pid) >= sizeof path ||
        !read_text(path, text, sizeof text))
        return -1;
    const char *name_end = strrchr(text, ')');
    if (name_end == NULL || strlen(name_end) < 5)
        return -1;
    return (pid_t)strtol(name_end + 4, NULL, 10); /* ") S 123" */
}

size_t tree_scan(pid_t children[TREE_ROUND], tree_spare *spare, const void *context)
{
    DIR *listing = opendir("/proc");
    if (listing == NULL)
        return 0;
    pid_t self = getpid();
    size_t count = 0;
    for (struct dirent *entry; count < TREE_ROUND && (entry = readdir(listing)) != NULL;) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || parent_of(entry->d_name) != self)
            continue;
        pid_t child = (pid_t)strtol(entry->d_name, NULL, 10);
        if (spare == NULL || !spare(context, child))
            children[count++] = child;
    }
    closedir(listing);
    return count;
}

size_t tree_children(pid_t children[TREE_ROUND])
{
    /* A process number and a space are at most 8 bytes; a list that is cut ends inside a number. */
    char path[64], text[8 * TREE_ROUND];
    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    if (!read_text(path, text, sizeof text))
        return tree_scan(children, NULL, NULL);
    size_t count = 0;
    char *at = text;
    for (char *end; count < TREE_ROUND; at = end) {
        long pid = strtol(at, &end, 10);
        if (end == at || *end != ' ')
            break;
        children[count++] = (pid_t)pid;
    }
    return count;
}

bool tree_kill(pid_t child)
{
    /* The child is not reaped, so neither its number nor its group's can belong to anybody else. */
    pid_t group = getpgid(child);
    bool killed = kill(child, SIGKILL) == 0;
    if (group > 1 && group != getpgrp())
        killed |= kill(-group, SIGKILL) == 0;
    return killed;
}
