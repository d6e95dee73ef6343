/* Preloaded into a process, its machine is another: a clock that is off by MESHNODE_TEST_CLOCK seconds, or by those in
   the file MESHNODE_TEST_CLOCK_FILE, which may change meanwhile, and no IPv6 where MESHNODE_TEST_NO_IPV6 is set. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long offset(void) {
    const char *path = getenv("MESHNODE_TEST_CLOCK_FILE");
    if (path) {
        char bytes[32] = {0};
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) return 0;
        long count = read(file, bytes, sizeof bytes - 1);
        close(file);
        return count > 0 ? atol(bytes) : 0;
    }
    const char *text = getenv("MESHNODE_TEST_CLOCK");
    return text ? atol(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(clock, now);
    if (clock == CLOCK_REALTIME) now->tv_sec += offset();
    return status;
}

time_t time(time_t *place) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (place) *place = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

int socket(int family, int kind, int protocol) {
    static int (*real)(int, int, int);
    if (!real) real = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
    if (family == AF_INET6 && getenv("MESHNODE_TEST_NO_IPV6")) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return real(family, kind, protocol);
}
