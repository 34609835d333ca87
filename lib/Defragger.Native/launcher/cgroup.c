/* See cgroup.h. First finding the home in two texts of /proc, then the verbs on one case's cgroup. */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "system.h"

/* Whether `word` is one of the words in `list`, which are parted by `separator`. */
static bool list_has(const char *list, char separator, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; at != NULL; at = strchr(at, separator), at = at ? at + 1 : NULL)
        if (strncmp(at, word, length) == 0 && (at[length] == separator || at[length] == '\0'))
            return true;
    return false;
}

/* A line of /proc/self/cgroup is "number:controllers:path"; v2 has number 0 and no controllers. */
static bool own_path(int version, char *path, size_t size)
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (file == NULL)
        return false;
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    while (!found && getline(&line, &room, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *own = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (own == NULL)
            continue;
        *controllers++ = '\0';
        *own++ = '\0';
        found = version == 2 ? strcmp(line, "0") == 0 && *controllers == '\0'
                             : list_has(controllers, ',', "memory");
        if (found)
            found = (size_t)snprintf(path, size, "%s", own) < size;
    }
    free(line);
    fclose(file);
    return found;
}

/* mountinfo writes space, tab, newline and backslash as octal. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] != '\0' && from[3] != '\0') {
            *to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

struct mount {
    char *root; /* the directory of the hierarchy that is seen at `point` */
    char *point;
};

/* A line of mountinfo: id parent device root point options [tags...] - type source super-options. */
static bool mount_parse(char *line, int version, struct mount *mount)
{
    line[strcspn(line, "\n")] = '\0';
    char *tail = strstr(line, " - ");
    if (tail == NULL)
        return false;
    *tail = '\0';
    char *rest = NULL;
    const char *type = strtok_r(tail + 3, " ", &rest);
    strtok_r(NULL, " ", &rest);
    const char *super = strtok_r(NULL, " ", &rest);
    if (type == NULL || strcmp(type, version == 2 ? "cgroup2" : "cgroup") != 0)
        return false;
    if (version == 1 && (super == NULL || !list_has(super, ',', "memory")))
        return false;
    char *fields[5] = {NULL};
    char *at = line;
    for (size_t i = 0; i < 5; i++, at = NULL)
        fields[i] = strtok_r(at, " ", &rest);
    if (fields[3] == NULL || fields[4] == NULL)
        return false;
    *mount = (struct mount){fields[3], fields[4]};
    unescape(mount->root);
    unescape(mount->point);
    return true;
}

/* The directory of cgroup `own` below the mount. In a container the mount's root may be our own cgroup, or
 * one that the path does not even begin with; then the mount point is the best that is known. */
static bool own_directory(const struct mount *mount, const char *own, char *path, size_t size)
{
    size_t root = strcmp(mount->root, "/") == 0 ? 0 : strlen(mount->root);
    bool inside = strncmp(own, mount->root, root) == 0 && (own[root] == '/' || own[root] == '\0');
    const char *below = inside ? own + root : "";
    if (strcmp(below, "/") == 0)
        below = "";
    return (size_t)snprintf(path, size, "%s%s", mount->point, below) < size && access(path, W_OK | X_OK) == 0;
}

static bool directory_find(int version, char *path, size_t size)
{
    char own[CGROUP_HOME_MAX];
    FILE *file = own_path(version, own, sizeof own) ? fopen("/proc/self/mountinfo", "re") : NULL;
    if (file == NULL)
        return false;
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    struct mount mount;
    while (!found && getline(&line, &room, file) > 0)
        found = mount_parse(line, version, &mount) && own_directory(&mount, own, path, size);
    free(line);
    fclose(file);
    return found;
}

/* Whether children of a v2 cgroup have the memory controller, after asking for it where that is allowed. */
static bool hands_down_memory(const char *path)
{
    char file[PATH_MAX], text[512];
    snprintf(file, sizeof file, "%s/cgroup.subtree_control", path);
    write_text(file, "+memory");
    if (!read_text(file, text, sizeof text))
        return false;
    text[strcspn(text, "\n")] = '\0';
    return list_has(text, ' ', "memory");
}

bool cgroup_home_find(struct cgroup_home *home)
{
    *home = (struct cgroup_home){0};
    if (directory_find(1, home->path, sizeof home->path)) {
        home->version = 1;
    } else if (directory_find(2, home->path, sizeof home->path)) {
        bool ours = hands_down_memory(home->path);
        if (!ours) {
            *strrchr(home->path, '/') = '\0';
            ours = access(home->path, W_OK | X_OK) == 0 && hands_down_memory(home->path);
        }
        home->version = ours ? 2 : 0;
    }
    return home->version != 0;
}

static bool group_write(const struct cgroup *group, const char *name, const char *text)
{
    char file[PATH_MAX];
    snprintf(file, sizeof file, "%s/%s", group->path, name);
    return write_text(file, text);
}

static bool group_limit(const struct cgroup *group, uint64_t limit)
{
    char bytes[24];
    snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)limit);
    if (group->version == 1) {
        if (!group_write(group, "memory.limit_in_bytes", bytes))
            return false;
        /* Memory and swap together; absent when the kernel does not account swap. */
        return group_write(group, "memory.memsw.limit_in_bytes", bytes) || errno == ENOENT;
    }
    group_write(group, "memory.swap.max", "0");
    group_write(group, "memory.oom.group", "1");
    return group_write(group, "memory.max", bytes);
}

bool cgroup_create(struct cgroup *group, const struct cgroup_home *home, pid_t server, uint64_t id,
                   uint64_t limit)
{
    group->version = 0;
    if (home->version == 0)
        return false;
    snprintf(group->path, sizeof group->path, "%s/defrag-%ld-%llu", home->path, (long)server,
             (unsigned long long)id);
    if (mkdir(group->path, 0755) != 0) {
        /* A leftover of a killed server with our number: ours if it is empty. */
        if (errno != EEXIST || rmdir(group->path) != 0 || mkdir(group->path, 0755) != 0)
            return false;
    }
    group->version = home->version;
    if (group_limit(group, limit))
        return true;
    cgroup_remove(group);
    group->version = 0;
    return false;
}

bool cgroup_join(const struct cgroup *group)
{
    return group_write(group, "cgroup.procs", "0");
}

uint64_t cgroup_peak(const struct cgroup *group)
{
    char file[PATH_MAX], text[64];
    snprintf(file, sizeof file, "%s/%s", group->path,
             group->version == 1 ? "memory.max_usage_in_bytes" : "memory.peak");
    return read_text(file, text, sizeof text) ? strtoull(text, NULL, 10) : 0;
}

uint64_t cgroup_oom_kills(const struct cgroup *group)
{
    char file[PATH_MAX], text[512];
    snprintf(file, sizeof file, "%s/%s", group->path,
             group->version == 1 ? "memory.oom_control" : "memory.events");
    if (!read_text(file, text, sizeof text))
        return 0;
    const char *count = strstr(text, "oom_kill "); /* not "oom_kill_disable" of v1 */
    return count != NULL ? strtoull(count + strlen("oom_kill "), NULL, 10) : 0;
}

void cgroup_kill(const struct cgroup *group)
{
    if (group->version == 2)
        group_write(group, "cgroup.kill", "1");
}

void cgroup_remove(const struct cgroup *group)
{
    /* The kernel lets go of a process a moment after wait has returned it. */
    static const struct timespec moment = {.tv_nsec = 1000 * 1000};
    for (int tries = 0; rmdir(group->path) != 0 && errno == EBUSY && tries < 100; tries++)
        nanosleep(&moment, NULL);
}

void cgroup_remove_leftovers(const struct cgroup_home *home, pid_t server)
{
    DIR *listing = home->version != 0 ? opendir(home->path) : NULL;
    if (listing == NULL)
        return;
    char prefix[48];
    int length = snprintf(prefix, sizeof prefix, "defrag-%ld-", (long)server);
    struct cgroup group = {.version = home->version};
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (strncmp(entry->d_name, prefix, (size_t)length) != 0)
            continue;
        if ((size_t)snprintf(group.path, sizeof group.path, "%s/%s", home->path, entry->d_name) <
            sizeof group.path)
            cgroup_remove(&group);
    }
    closedir(listing);
}
