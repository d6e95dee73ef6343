/*
 * LMDB with keys and values as pointers and lengths. What a get returns belongs to the transaction.
 */
#ifndef CMESH_LMDB_H
#define CMESH_LMDB_H

#include <lmdb.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/*
 * Not the thread's, one file, one sync for a transaction in place of two: a power cut may take the last transaction
 * back as a whole, which the log then plays again. Never MDB_WRITEMAP, and MDB_NOSYNC only while an index is made
 * again: they could leave half of one.
 */
static const unsigned int cmesh_lmdb_flags = MDB_NOTLS | MDB_NOSUBDIR | MDB_NOMETASYNC;

static inline int cmesh_lmdb_get(MDB_txn *_Nonnull transaction, MDB_dbi table, const void *_Nullable key,
                                 size_t key_count, const void *_Nullable *_Nonnull value, size_t *_Nonnull count) {
    MDB_val wanted = {key_count, (void *)key}, found = {0, NULL};
    int status = mdb_get(transaction, table, &wanted, &found);
    *value = found.mv_data;
    *count = found.mv_size;
    return status;
}

static inline int cmesh_lmdb_put(MDB_txn *_Nonnull transaction, MDB_dbi table, const void *_Nullable key,
                                 size_t key_count, const void *_Nullable value, size_t count) {
    MDB_val stored_key = {key_count, (void *)key}, stored = {count, (void *)value};
    return mdb_put(transaction, table, &stored_key, &stored, 0);
}

static inline int cmesh_lmdb_delete(MDB_txn *_Nonnull transaction, MDB_dbi table, const void *_Nullable key,
                                    size_t key_count) {
    MDB_val wanted = {key_count, (void *)key};
    return mdb_del(transaction, table, &wanted, NULL);
}

/* Moves to the first item at or behind `key` (operation MDB_SET_RANGE) or to the next (MDB_NEXT); fills both. */
static inline int cmesh_lmdb_move(MDB_cursor *_Nonnull cursor, MDB_cursor_op operation, MDB_val *_Nonnull key,
                                  MDB_val *_Nonnull value) {
    return mdb_cursor_get(cursor, key, value, operation);
}

/* Where the environment's file is mapped, which the library does not say; NULL where that cannot be found out. */
static inline void *_Nullable cmesh_lmdb_map(MDB_env *_Nonnull environment) {
    int file = -1;
    struct stat status;
    if (mdb_env_get_fd(environment, &file) != 0 || fstat(file, &status) != 0) return NULL;
    FILE *maps = fopen("/proc/self/maps", "re");
    if (maps == NULL) return NULL;
    char line[512];
    void *found = NULL;
    while (found == NULL && fgets(line, sizeof line, maps) != NULL) {
        unsigned long start = 0, inode = 0;
        unsigned int major_number = 0, minor_number = 0;
        char flags[5] = "";
        int count = sscanf(line, "%lx-%*x %4s %*x %x:%x %lu", &start, flags, &major_number, &minor_number, &inode);
        if (count != 5) continue;
        int is_same = inode == status.st_ino && makedev(major_number, minor_number) == status.st_dev;
        if (is_same && flags[3] == 's') found = (void *)start;
    }
    fclose(maps);
    return found;
}

/* Hands whole pages that have been freed back to the operating system. */
static inline void cmesh_lmdb_trim_memory(void) { malloc_trim(0); }

#endif
