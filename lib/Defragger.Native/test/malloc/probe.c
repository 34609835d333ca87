/*
 * A small program for scripts: allocates in two threads and says "worked", or with "secure" whether it runs
 * with another's rights (AT_SECURE).
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

static void *work(void *argument)
{
    static _Thread_local void *blocks[1000];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 1000; i++) {
            blocks[i] = malloc(i * 7 + 1);
            if (blocks[i] == NULL)
                abort();
            memset(blocks[i], round, i * 7 + 1);
        }
        for (size_t i = 0; i < 1000; i++)
            free(blocks[i]);
    }
    return argument;
}

int main(int count, char **arguments)
{
    pthread_t thread;
    if (count > 1 && strcmp(arguments[1], "secure") == 0)
        return getauxval(AT_SECURE) != 0 ? 0 : 1;
    if (pthread_create(&thread, NULL, work, NULL) != 0)
        return 1;
    work(NULL);
    pthread_join(thread, NULL);
    puts("worked");
    return 0;
}
