/* llhttp, as scripts/setup puts it beside this folder. */
#ifndef CMESH_HTTP_PARSER_H
#define CMESH_HTTP_PARSER_H

#if !__has_include("../llhttp/llhttp.h")
#error "llhttp is not here yet: run scripts/setup"
#endif

#include "../llhttp/llhttp.h"

#endif
