/*
 * Counts this thread's allocations, for benchmarks that promise how many an operation makes.
 *
 * Linking this shim replaces the C library's allocator entry points in the whole program with ones that count and
 * pass on; hence only meshbench links it. Under a sanitizer, which brings its own allocator, it counts nothing.
 */
#ifndef CMESH_ALLOCATIONS_H
#define CMESH_ALLOCATIONS_H

#include <malloc.h>
#include <stdint.h>

/* Calls of malloc, calloc, realloc, posix_memalign and aligned_alloc by this thread since it began. */
uint64_t cmesh_allocation_count(void);

/* Bytes of the heap that are in use, after what is free was given back to the system. */
static inline uint64_t cmesh_heap_trim(void) {
    (void)malloc_trim(0);
    struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

#endif
