/*
 * A watch over jobs that leave for the global or the main executor.
 *
 * Swift's runtime offers hooks for that, as C function pointers with Swift's calling convention that Swift itself
 * cannot set. They are process-wide, so the watch is kept per thread: while a thread watches, jobs that *it* sends to
 * the global executor are handed to its callback, and the main executor that *it* sees is the one it has named. All
 * other threads go on as if there were no watch.
 */
#ifndef CMESH_CONCURRENCY_H
#define CMESH_CONCURRENCY_H

#include <stdbool.h>

/* Receives the watcher's context and an opaque job (the bits of a Swift `UnownedJob`). */
typedef void (*cmesh_escape_callback)(void *_Nonnull context, void *_Nonnull job);

/* The bits of a Swift `UnownedSerialExecutor`. */
typedef struct {
    void *_Nullable identity;
    void *_Nullable witness;
} cmesh_serial_executor;

/* Begins the watch on the calling thread and returns true; false where one is on already. The callback runs on this
 * thread, while the watch is on. */
bool cmesh_escape_watch_begin(void *_Nonnull context, cmesh_escape_callback _Nonnull callback,
                              cmesh_serial_executor main_executor);

/* The context of the calling thread's watch; NULL where none is on. */
void *_Nullable cmesh_escape_watch_context(void);

/* Ends the watch of the calling thread. */
void cmesh_escape_watch_end(void);

#endif
