/*
 * CRC-32C (Castagnoli) and SHA-256 by the processor's own instructions.
 *
 * The form of every CMesh* shim: one header of `static inline` functions that Swift's importer can inline, no state,
 * no macro that Swift must call, no ownership crossing the boundary, and one Swift module that imports it. The `.c`
 * file beside it makes the package manager build a target, and holds what no Swift importer should see: here SHA-256,
 * whose intrinsics come with a header of ten thousand lines.
 */
#ifndef CMESH_CHECKSUM_H
#define CMESH_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)

static inline bool cmesh_crc32c_is_accelerated(void) { return __builtin_cpu_supports("sse4.2"); }

/* Continues `state` (already inverted) over `count` bytes. Call it only where cmesh_crc32c_is_accelerated(). */
__attribute__((target("sse4.2")))
static inline uint32_t cmesh_crc32c_accelerated(uint32_t state, const uint8_t *_Nonnull bytes, size_t count) {
    uint64_t wide = state;
    for (; count >= sizeof(uint64_t); bytes += sizeof(uint64_t), count -= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word); /* unaligned input is the rule, not the exception */
        wide = __builtin_ia32_crc32di(wide, word);
    }
    uint32_t narrow = (uint32_t)wide;
    for (; count > 0; bytes++, count--) narrow = __builtin_ia32_crc32qi(narrow, *bytes);
    return narrow;
}

#else

/* Other processors take the table in CRC32C.swift; an instruction for them is a welcome addition here. */
static inline bool cmesh_crc32c_is_accelerated(void) { return false; }

static inline uint32_t cmesh_crc32c_accelerated(uint32_t state, const uint8_t *_Nonnull bytes, size_t count) {
    (void)bytes;
    (void)count;
    return state;
}

#endif

/* Asks the processor each time, which is slow under a hypervisor: keep the answer. */
bool cmesh_sha256_is_accelerated(void);

/* Continues the eight words of `state` over whole blocks of 64 bytes, with the 64 `constants` of the standard. Call it
 * only where cmesh_sha256_is_accelerated(). */
void cmesh_sha256_accelerated(uint32_t *_Nonnull state, const uint8_t *_Nonnull bytes, size_t blocks,
                              const uint32_t *_Nonnull constants);

#endif
