/*
 * A watch over jobs that leave for the global or the main executor.
 *
 * Swift's runtime offers hooks for exactly that, as C function pointers with Swift's calling convention that Swift
 * itself cannot set. They are process-wide, so the watch is kept per thread: while a thread watches, the jobs that
 * *it* sends away are handed to its callback instead; all other threads go on as if there were no watch.
 */
#ifndef CMESH_CONCURRENCY_H
#define CMESH_CONCURRENCY_H

/* Receives the watcher's context and an opaque job (the bits of a Swift `UnownedJob`). */
typedef void (*cmesh_escape_callback)(void *_Nonnull context, void *_Nonnull job);

/* Begins the watch on the calling thread. The callback runs on this thread. Not re-entrant. */
void cmesh_escape_watch_begin(void *_Nonnull context, cmesh_escape_callback _Nonnull callback);

/* Ends the watch of the calling thread. */
void cmesh_escape_watch_end(void);

#endif
