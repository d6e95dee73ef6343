/* llhttp's own sources are in llhttp/; this file is here even before scripts/setup has put them there. */
#include "CMeshHTTPParser.h"
