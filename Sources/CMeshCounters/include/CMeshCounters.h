/* Numbers that several threads touch at once, in no order to one another. */
#ifndef CMESH_COUNTERS_H
#define CMESH_COUNTERS_H

#include <stdint.h>

static inline void cmesh_counter_add(int64_t *number, int64_t amount) {
    __atomic_fetch_add(number, amount, __ATOMIC_RELAXED);
}

static inline void cmesh_counter_store(int64_t *number, int64_t value) {
    __atomic_store_n(number, value, __ATOMIC_RELAXED);
}

static inline int64_t cmesh_counter_load(const int64_t *number) {
    return __atomic_load_n(number, __ATOMIC_RELAXED);
}

#endif
