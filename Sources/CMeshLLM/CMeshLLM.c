// A target needs a source file. The functions are in libmeshllm.so, which is opened at run time.
#include "CMeshLLM.h"
