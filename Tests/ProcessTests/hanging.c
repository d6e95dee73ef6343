/* Preloaded into a process, its disk hangs while a file exists: what is to be made durable waits, and nothing fails. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_while_hanging(void) {
    const char *file = getenv("MESHNODE_TEST_HANGS_WHILE");
    while (file && access(file, F_OK) == 0) usleep(5000);
}

int fdatasync(int descriptor) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    wait_while_hanging();
    return real(descriptor);
}

int fsync(int descriptor) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    wait_while_hanging();
    return real(descriptor);
}
