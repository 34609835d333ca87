/* Without libFuzzer: runs files and folders of inputs. fuzz_trace [--print] FILE|FOLDER... */
#include "fuzz_main.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned inputs;

static void run_file(const char *path)
{
    static uint8_t bytes[1 << 16];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (fuzz_prints)
        printf("# %s\n", path);
    LLVMFuzzerTestOneInput(bytes, size);
    inputs++;
}

static void run_path(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        run_file(path);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            run_file(name);
    }
    closedir(folder);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--print") == 0)
            fuzz_prints = true;
        else
            run_path(argv[i]);
    }
    printf("%u passed, 0 failed\n", inputs);
    return inputs == 0;
}
