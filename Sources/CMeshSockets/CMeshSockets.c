/*
 * What the C library declares only under _GNU_SOURCE, which Swift's importer must not see: its own idea of the C
 * library is another.
 */
#define _GNU_SOURCE 1
#include "CMeshSockets.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/timex.h>
#include <time.h>

_Thread_local const void *cmesh_loop_of_thread = NULL;

int cmesh_epoll_wait(int epoll, struct epoll_event *events, int capacity, int64_t nanoseconds) {
    int count;
    if (nanoseconds <= 0) {
        count = epoll_wait(epoll, events, capacity, nanoseconds < 0 ? -1 : 0);
    } else {
        struct timespec wait = {nanoseconds / 1000000000, nanoseconds % 1000000000};
        count = epoll_pwait2(epoll, events, capacity, &wait, NULL);
        if (count < 0 && errno == ENOSYS) { /* Linux before 5.11, and sandboxes that do not know the call */
            int64_t milliseconds = nanoseconds / 1000000 + 1;
            count = epoll_wait(epoll, events, capacity, milliseconds < INT32_MAX ? (int)milliseconds : INT32_MAX);
        }
    }
    return count < 0 ? -errno : count;
}

static int64_t monotonic(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int cmesh_epoll_look(int epoll, struct epoll_event *events, int capacity, int64_t nanoseconds, int *is_in_the_way) {
    int64_t present = monotonic(), end = present + nanoseconds;
    while (present < end) {
        int count = epoll_wait(epoll, events, capacity, 0);
        if (count != 0) return count < 0 ? -errno : count;
        (void)sched_yield();
        int64_t before = present;
        present = monotonic();
        if (present - before > 20000) { /* another thread has run here */
            *is_in_the_way = 1;
            return 0;
        }
    }
    return 0;
}

int cmesh_available_processors(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

void cmesh_end_with_parent(void) { (void)prctl(PR_SET_PDEATHSIG, SIGKILL); }

void cmesh_name_thread(const char *name) { (void)prctl(PR_SET_NAME, name); }

int cmesh_clock_is_kept(int64_t *error_microseconds) {
    struct timex state = {0};
    int status = adjtimex(&state);
    if (status < 0) return -errno;
    *error_microseconds = state.maxerror;
    return status != TIME_ERROR && !(state.status & STA_UNSYNC);
}
