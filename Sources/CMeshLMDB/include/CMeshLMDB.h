/*
 * LMDB with keys and values as pointers and lengths. What a get returns belongs to the transaction.
 */
#ifndef CMESH_LMDB_H
#define CMESH_LMDB_H

#include <lmdb.h>
#include <stddef.h>

/*
 * Not the thread's, one file, one sync for a transaction in place of two: a power cut may take the last transaction
 * back as a whole, which the log then plays again. Never MDB_NOSYNC or MDB_WRITEMAP, which could leave half of one.
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

#endif
