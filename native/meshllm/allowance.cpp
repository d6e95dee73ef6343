// The library's own memory, with bounds where one is set.
#include "allowance.h"

#include <cstdlib>
#include <exception>
#include <new>

static thread_local allowance *present = nullptr;

// A model's thread has 16 MiB of stack, a process 8.
static const size_t stack_bytes = 5 * 1024 * 1024;

allowance::allowance(size_t bytes)
    : left(bytes), grace(bytes / 16),
      deepest(static_cast<const char *>(__builtin_frame_address(0)) - stack_bytes), outer(present) {
    present = this;
}

allowance::~allowance() { present = outer; }

bool allowance::permits(size_t bytes) {
    if (!present) return true;
    const bool is_deep = static_cast<const char *>(__builtin_frame_address(0)) < present->deepest;
    if (bytes <= present->left && !is_deep) {
        present->left -= bytes;
        return true;
    }
    // Another exception would end the process.
    if (std::uncaught_exceptions() > 0) return true;
    if (!is_deep) present->left = present->grace;
    return false;
}

// The other forms of new and delete come to these two.
void *operator new(size_t bytes) {
    if (!allowance::permits(bytes)) throw std::bad_alloc();
    void *memory = malloc(bytes == 0 ? 1 : bytes);
    if (!memory) throw std::bad_alloc();
    return memory;
}

void operator delete(void *memory) noexcept { free(memory); }
void operator delete(void *memory, size_t) noexcept { free(memory); }
