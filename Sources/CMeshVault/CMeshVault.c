/* The package manager needs one source file; the shim itself is the header. */
#include "CMeshVault.h"
