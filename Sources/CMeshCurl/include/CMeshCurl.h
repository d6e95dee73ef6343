/* libcurl's easy and multi interfaces, whose setters and getters are variadic, with a function for each type of value.

   CURL and CURLM are `void` to libcurl, so a handle is a plain pointer here. */
#ifndef CMESH_CURL_H
#define CMESH_CURL_H

#include <curl/curl.h>

static inline CURLcode cmesh_curl_set_long(CURL *_Nonnull easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode cmesh_curl_set_offset(CURL *_Nonnull easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode cmesh_curl_set_text(CURL *_Nonnull easy, CURLoption option, const char *_Nullable value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode cmesh_curl_set_pointer(CURL *_Nonnull easy, CURLoption option, const void *_Nullable value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode cmesh_curl_set_list(
    CURL *_Nonnull easy, CURLoption option, struct curl_slist *_Nullable value) {
    return curl_easy_setopt(easy, option, value);
}

/* The bytes are copied. */
static inline CURLcode cmesh_curl_set_blob(
    CURL *_Nonnull easy, CURLoption option, const void *_Nonnull bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(easy, option, &blob);
}

/* The callbacks of one transfer, all with the same context. */
static inline void cmesh_curl_set_callbacks(
    CURL *_Nonnull easy,
    void *_Nonnull context,
    curl_write_callback _Nonnull head,
    curl_write_callback _Nonnull body,
    curl_read_callback _Nonnull upload,
    curl_prereq_callback _Nonnull connected,
    curl_debug_callback _Nonnull told) {
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, head);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
    curl_easy_setopt(easy, CURLOPT_READDATA, context);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, upload);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, connected);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, context);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, told);
}

/* A figure of a transfer; -1 where there is none. */
static inline long cmesh_curl_info_long(CURL *_Nonnull easy, CURLINFO info) {
    long value = -1;
    return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : -1;
}

static inline CURLMcode cmesh_curl_multi_set_long(CURLM *_Nonnull multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/* What a multi handle asks its loop for. */
static inline void cmesh_curl_multi_set_callbacks(
    CURLM *_Nonnull multi,
    void *_Nonnull context,
    curl_socket_callback _Nonnull socket,
    curl_multi_timer_callback _Nonnull timer) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
}

/* The next transfer that is over, and how; NULL where none is. It is still part of the multi handle. */
static inline CURL *_Nullable cmesh_curl_next_ended(CURLM *_Nonnull multi, CURLcode *_Nonnull result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}

#endif
