/*
 * epoll with nanoseconds, the loop of a thread, and through CMeshDatagrams.h many datagrams in one call.
 *
 * Functions return what they counted or opened, or a negative errno.
 */
#ifndef CMESH_SOCKETS_H
#define CMESH_SOCKETS_H

#include "CMeshAddresses.h"
#include "CMeshDatagrams.h"
#include "CMeshStreams.h"
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Which loop the calling thread runs; NULL where it runs none. */
extern _Thread_local const void *_Nullable cmesh_loop_of_thread;

static inline const void *_Nullable cmesh_current_loop(void) { return cmesh_loop_of_thread; }

static inline void cmesh_set_current_loop(const void *_Nullable loop) { cmesh_loop_of_thread = loop; }

static inline int64_t cmesh_nanoseconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Nanoseconds since some moment before the process; never goes back. */
static inline int64_t cmesh_monotonic_nanoseconds(void) { return cmesh_nanoseconds(CLOCK_MONOTONIC); }

/* Milliseconds since 1970, as people set their clocks. */
static inline int64_t cmesh_wall_milliseconds(void) { return cmesh_nanoseconds(CLOCK_REALTIME) / 1000000; }

/* Looks for events for so long without sleeping, and gives way to other threads; says where one wanted to run. */
int cmesh_epoll_look(int epoll, struct epoll_event *_Nonnull events, int capacity, int64_t nanoseconds,
                     int *_Nonnull is_in_the_way);

/* Waits for events: not at all where `nanoseconds` is 0, without end where it is negative. */
int cmesh_epoll_wait(int epoll, struct epoll_event *_Nonnull events, int capacity, int64_t nanoseconds);

static inline int cmesh_epoll_change(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(epoll, operation, descriptor, &event) == 0 ? 0 : -errno;
}

static inline uint64_t cmesh_event_token(const struct epoll_event *_Nonnull event) { return event->data.u64; }

/* Lets the kernel kill this process when the thread ends that has started it. */
void cmesh_end_with_parent(void);

/* Gives the calling thread a name for `ps`, which shows its first fifteen bytes. */
void cmesh_name_thread(const char *_Nonnull name);

/* Whether a time service keeps the clock: 1 with the error in microseconds, 0 without, or a negative errno. */
int cmesh_clock_is_kept(int64_t *_Nonnull error_microseconds);

/* How many processors this process may use. */
int cmesh_available_processors(void);

#endif
