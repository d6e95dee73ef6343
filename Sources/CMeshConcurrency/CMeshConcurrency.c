#include "CMeshConcurrency.h"

#include <pthread.h>
#include <stddef.h>

#define SWIFT_CALL __attribute__((swiftcall))

/* The hooks of libswift_Concurrency (ConcurrencyHooks.def in Swift's runtime), as they stand in Swift 6.3. */
typedef SWIFT_CALL void (*enqueue_original)(void *job);
typedef SWIFT_CALL void (*enqueue_hook)(void *job, enqueue_original original);
typedef SWIFT_CALL void (*delay_original)(unsigned long long nanoseconds, void *job);
typedef SWIFT_CALL void (*delay_hook)(unsigned long long nanoseconds, void *job, delay_original original);
typedef SWIFT_CALL void (*deadline_original)(long long, long long, long long, long long, int, void *job);
typedef SWIFT_CALL void (*deadline_hook)(long long, long long, long long, long long, int, void *job,
                                         deadline_original original);

extern enqueue_hook swift_task_enqueueGlobal_hook;
extern enqueue_hook swift_task_enqueueMainExecutor_hook;
extern delay_hook swift_task_enqueueGlobalWithDelay_hook;
extern deadline_hook swift_task_enqueueGlobalWithDeadline_hook;

static _Thread_local cmesh_escape_callback watching;
static _Thread_local void *watcher;

static SWIFT_CALL void on_enqueue(void *job, enqueue_original original) {
    if (watching != NULL) watching(watcher, job);
    else original(job);
}

static SWIFT_CALL void on_delay(unsigned long long nanoseconds, void *job, delay_original original) {
    if (watching != NULL) watching(watcher, job);
    else original(nanoseconds, job);
}

static SWIFT_CALL void on_deadline(long long seconds, long long nanoseconds, long long tolerance_seconds,
                                   long long tolerance_nanoseconds, int clock, void *job,
                                   deadline_original original) {
    if (watching != NULL) watching(watcher, job);
    else original(seconds, nanoseconds, tolerance_seconds, tolerance_nanoseconds, clock, job);
}

static void install_hooks(void) {
    swift_task_enqueueGlobal_hook = on_enqueue;
    swift_task_enqueueMainExecutor_hook = on_enqueue;
    swift_task_enqueueGlobalWithDelay_hook = on_delay;
    swift_task_enqueueGlobalWithDeadline_hook = on_deadline;
}

void cmesh_escape_watch_begin(void *context, cmesh_escape_callback callback) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_hooks);
    watcher = context;
    watching = callback;
}

void cmesh_escape_watch_end(void) {
    watching = NULL;
    watcher = NULL;
}
