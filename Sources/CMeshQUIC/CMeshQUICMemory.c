/* Memory for ngtcp2's arenas.
 *
 * A connection takes eight arenas of seven to twelve kilobytes and uses the beginning of each. From malloc they come as
 * blocks that something else has used before, so that all their pages are resident. Here each begins on a page that
 * nobody has touched since it was last given back: a page costs memory only once it is written to.
 *
 * One range of addresses is reserved for all connections of the process, without memory behind it. Blocks are whole
 * pages, from a stack for each size; what is freed goes back to the operating system and its place onto its stack.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "CMeshQUIC.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    page_bytes = 4096,
    smallest_block = 6 * 1024, /* a smaller one is likely to be used whole */
    largest_pages = 32,        /* a larger one malloc maps by itself */
};
#define RANGE_BYTES ((size_t)64 << 30)

typedef struct stack {
    uint32_t *pages;
    size_t count, room;
} stack;

static struct {
    pthread_once_t once;
    pthread_mutex_t lock;
    uint8_t *range;         /* NULL where addresses are scarce: then all of it is malloc's */
    uint8_t *pages_of;      /* for the first page of a block that is in use: how many it has */
    size_t fresh;           /* the first page that was never handed out */
    stack free[largest_pages + 1];
} pool = {.once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER};

static void *reserve(size_t count) {
    void *found = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return found == MAP_FAILED ? NULL : found;
}

static void prepare(void) {
    /* Where pages are larger one block would take its neighbour's with it: all is malloc's then. */
    if (sysconf(_SC_PAGESIZE) != page_bytes) return;
    pool.range = reserve(RANGE_BYTES);
    if (pool.range == NULL) return;
    pool.pages_of = reserve(RANGE_BYTES / page_bytes);
    if (pool.pages_of == NULL) {
        munmap(pool.range, RANGE_BYTES);
        pool.range = NULL;
        return;
    }
    /* A large page would be resident as a whole. */
    madvise(pool.range, RANGE_BYTES, MADV_NOHUGEPAGE);
}

static int is_ours(const void *block) {
    const uint8_t *place = block;
    return pool.range != NULL && place >= pool.range && place < pool.range + RANGE_BYTES;
}

/* A block of zeros, or NULL where it is for malloc. */
static void *take(size_t size) {
    size_t pages = (size + page_bytes - 1) / page_bytes;
    if (pool.range == NULL || size < smallest_block || pages > largest_pages) return NULL;
    uint8_t *block = NULL;
    pthread_mutex_lock(&pool.lock);
    stack *given_back = &pool.free[pages];
    if (given_back->count > 0) {
        block = pool.range + (size_t)given_back->pages[--given_back->count] * page_bytes;
    } else if (pool.fresh + pages <= RANGE_BYTES / page_bytes) {
        block = pool.range + pool.fresh * page_bytes;
        pool.fresh += pages;
    }
    if (block != NULL) pool.pages_of[(size_t)(block - pool.range) / page_bytes] = (uint8_t)pages;
    pthread_mutex_unlock(&pool.lock);
    return block;
}

static void give_back(void *block) {
    size_t page = (size_t)((uint8_t *)block - pool.range) / page_bytes;
    size_t pages = pool.pages_of[page];
    /* It is handed out again as zeros. */
    if (madvise(block, pages * page_bytes, MADV_DONTNEED) != 0) memset(block, 0, pages * page_bytes);
    pthread_mutex_lock(&pool.lock);
    stack *given_back = &pool.free[pages];
    if (given_back->count == given_back->room) {
        size_t room = given_back->room == 0 ? 64 : given_back->room * 2;
        uint32_t *larger = realloc(given_back->pages, room * sizeof *larger);
        /* Without a note of it the place is lost, and no memory: there are addresses enough. */
        if (larger == NULL) goto unlock;
        given_back->pages = larger;
        given_back->room = room;
    }
    given_back->pages[given_back->count++] = (uint32_t)page;
unlock:
    pthread_mutex_unlock(&pool.lock);
}

static void *memory_malloc(size_t size, void *context) {
    (void)context;
    void *block = take(size);
    return block != NULL ? block : malloc(size);
}

static void memory_free(void *block, void *context) {
    (void)context;
    if (is_ours(block)) give_back(block);
    else free(block);
}

static void *memory_calloc(size_t count, size_t size, void *context) {
    (void)context;
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total)) return NULL;
    void *block = take(total);
    return block != NULL ? block : calloc(count, size);
}

static void *memory_realloc(void *block, size_t size, void *context) {
    if (!is_ours(block)) return realloc(block, size);
    size_t held = (size_t)pool.pages_of[(size_t)((uint8_t *)block - pool.range) / page_bytes] * page_bytes;
    if (size <= held) return block;
    void *larger = memory_malloc(size, context);
    if (larger == NULL) return NULL;
    memcpy(larger, block, held);
    give_back(block);
    return larger;
}

const ngtcp2_mem *cmesh_quic_memory(void) {
    static const ngtcp2_mem memory = {NULL, memory_malloc, memory_free, memory_calloc, memory_realloc};
    /* The sanitizers watch over what malloc hands out, and over nothing else. */
#if defined(__SANITIZE_ADDRESS__) || (defined(__has_feature) && (__has_feature(address_sanitizer)))
    return NULL;
#else
    pthread_once(&pool.once, prepare);
    return &memory;
#endif
}
