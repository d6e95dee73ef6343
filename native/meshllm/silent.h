// Put before llama-grammar.cpp, which prints grammars that it cannot read on standard error: they hold words of whoever
// asked.
#pragma once

#include <cstdio>

#define fprintf(...) ((void)0)
