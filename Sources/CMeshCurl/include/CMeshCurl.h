/* libcurl's multi interface, whose setters are variadic, with a function for each type of value. */
#ifndef CMESH_CURL_H
#define CMESH_CURL_H

#include <curl/curl.h>

static inline CURLcode cmesh_curl_set_long(CURL *_Nonnull easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode cmesh_curl_set_text(CURL *_Nonnull easy, CURLoption option, const char *_Nullable value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode cmesh_curl_set_pointer(CURL *_Nonnull easy, CURLoption option, void *_Nullable value) {
    return curl_easy_setopt(easy, option, value);
}

#endif
