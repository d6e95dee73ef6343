// A bound on what foreign templates and grammars use.
//
// They are programs: a loop, a macro that calls itself or a rule with a thousand ways goes on until memory or stack are
// used up. All that they do allocates, so what is allocated bounds their time, too.
#pragma once

#include <cstddef>

// While it is there, this thread allocates no more than so many bytes all in all (freed ones are not given back), and
// none beyond so much stack: std::bad_alloc. Each time that it says no it gives a little more: the library catches
// much, and goes on to clean up with destructors that allocate and must not fail.
class allowance {
public:
    explicit allowance(size_t bytes);
    ~allowance();
    allowance(const allowance &) = delete;
    allowance &operator=(const allowance &) = delete;

    // What the library's operator new asks.
    static bool permits(size_t bytes);

private:
    size_t left;
    const size_t grace;
    const char *deepest;
    allowance *outer;
};
