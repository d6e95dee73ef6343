// Put before json-schema-to-grammar.cpp, the one place that writes to standard error by itself: where it leaves out a
// part of a schema it warns, in words of whoever asked. Here that is an error, so that nothing is left out in silence.
#pragma once

#include <cstdio>
#include <stdexcept>

#define fprintf(...) throw std::runtime_error("a part of the schema cannot be imposed")
