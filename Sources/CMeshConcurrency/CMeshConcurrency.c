#include "CMeshConcurrency.h"

#include <pthread.h>
#include <stddef.h>

#define SWIFT_CALL __attribute__((swiftcall))

/* Two hooks of libswift_Concurrency (ConcurrencyHooks.def in Swift's runtime). Those for delayed jobs and for jobs of
 * the main executor exist too, but Swift 6.3 does not ask them: its executors are Swift objects by then. */
typedef SWIFT_CALL void (*enqueue_original)(void *job);
typedef SWIFT_CALL void (*enqueue_hook)(void *job, enqueue_original original);
typedef SWIFT_CALL cmesh_serial_executor (*main_executor_original)(void);
typedef SWIFT_CALL cmesh_serial_executor (*main_executor_hook)(main_executor_original original);

extern enqueue_hook swift_task_enqueueGlobal_hook;
extern main_executor_hook swift_task_getMainExecutor_hook;

static _Thread_local cmesh_escape_callback watching;
static _Thread_local void *watcher;
static _Thread_local cmesh_serial_executor main_executor_seen;

static SWIFT_CALL void on_enqueue_global(void *job, enqueue_original original) {
    if (watching != NULL) watching(watcher, job);
    else original(job);
}

static SWIFT_CALL cmesh_serial_executor on_get_main_executor(main_executor_original original) {
    return watching != NULL ? main_executor_seen : original();
}

static void install_hooks(void) {
    swift_task_enqueueGlobal_hook = on_enqueue_global;
    swift_task_getMainExecutor_hook = on_get_main_executor;
}

bool cmesh_escape_watch_begin(void *context, cmesh_escape_callback callback, cmesh_serial_executor main_executor) {
    if (watching != NULL) return false;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_hooks);
    watcher = context;
    main_executor_seen = main_executor;
    watching = callback;
    return true;
}

void *cmesh_escape_watch_context(void) { return watcher; }

void cmesh_escape_watch_end(void) {
    watching = NULL;
    watcher = NULL;
    main_executor_seen = (cmesh_serial_executor){NULL, NULL};
}
