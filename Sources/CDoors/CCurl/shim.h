#pragma once
#include <curl/curl.h>
/* Swift's Glibc module leaves these headers out: the client's thread waits for sockets, and is woken through an eventfd. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

/* curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, which Swift cannot call: one shim for each
   type of argument. */

/* Swift cannot call the variadic curl_easy_setopt: for options that take a long. */
static inline CURLcode nexus_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

/* Swift cannot call the variadic curl_easy_setopt: for options that take a text, which libcurl copies. */
static inline CURLcode nexus_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

/* Swift cannot call the variadic curl_easy_setopt: for options that take a size. */
static inline CURLcode nexus_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

/* Swift cannot call the variadic curl_easy_setopt: for options that take the context of a callback, or a buffer. */
static inline CURLcode nexus_curl_set_context(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

/* Swift cannot call the variadic curl_easy_setopt: for options that take a list, which libcurl does not copy. */
static inline CURLcode nexus_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

/* Swift cannot call the variadic curl_easy_setopt: for CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION. */
static inline CURLcode nexus_curl_set_write_callback(CURL *easy, CURLoption option, curl_write_callback value) {
    return curl_easy_setopt(easy, option, value);
}

/* Swift cannot call the variadic curl_easy_setopt: for CURLOPT_READFUNCTION. */
static inline CURLcode nexus_curl_set_read_callback(CURL *easy, curl_read_callback value) {
    return curl_easy_setopt(easy, CURLOPT_READFUNCTION, value);
}

/* Swift cannot call the variadic curl_easy_setopt: for CURLOPT_SEEKFUNCTION. */
static inline CURLcode nexus_curl_set_seek_callback(CURL *easy, curl_seek_callback value) {
    return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, value);
}

/* Swift cannot call the variadic curl_easy_setopt: for CURLOPT_OPENSOCKETFUNCTION. */
static inline CURLcode nexus_curl_set_opensocket_callback(CURL *easy, curl_opensocket_callback value) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, value);
}

/* Swift cannot call the variadic curl_easy_setopt: for CURLOPT_CLOSESOCKETFUNCTION. */
static inline CURLcode nexus_curl_set_closesocket_callback(CURL *easy, curl_closesocket_callback value) {
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, value);
}

/* Swift cannot call the variadic curl_easy_setopt: for CURLOPT_PREREQFUNCTION. */
static inline CURLcode nexus_curl_set_prereq_callback(CURL *easy, curl_prereq_callback value) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, value);
}

/* Swift cannot call the variadic curl_easy_getinfo: for infos that are a long. */
static inline CURLcode nexus_curl_info_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

/* Swift cannot call the variadic curl_easy_getinfo: for CURLINFO_PRIVATE. */
static inline CURLcode nexus_curl_info_context(CURL *easy, void **value) {
    return curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)value);
}

/* Swift cannot call the variadic curl_multi_setopt: for options that take a long. */
static inline CURLMcode nexus_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/* Swift cannot call the variadic curl_multi_setopt: for CURLMOPT_SOCKETFUNCTION and what it is given. */
static inline CURLMcode nexus_curl_multi_set_socket_callback(CURLM *multi, curl_socket_callback value, void *context) {
    CURLMcode status = curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    return status == CURLM_OK ? curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, value) : status;
}

/* Swift cannot call the variadic curl_multi_setopt: for CURLMOPT_TIMERFUNCTION and what it is given. */
static inline CURLMcode nexus_curl_multi_set_timer_callback(
    CURLM *multi, curl_multi_timer_callback value, void *context) {
    CURLMcode status = curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
    return status == CURLM_OK ? curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, value) : status;
}

/* Swift cannot call the variadic prctl: names the calling thread, for debuggers and top. */
static inline void nexus_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}
