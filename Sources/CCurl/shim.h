#ifndef SIMPUL_CCURL_SHIM_H
#define SIMPUL_CCURL_SHIM_H

// Its checks need options that are constants where they are set; here they come from Swift.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

// Swift calls no functions with variable arguments: one for each kind of option.

typedef size_t (*simpul_curl_transfer)(char *, size_t, size_t, void *);

static inline CURLcode simpul_curl_set_number(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode simpul_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode simpul_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode simpul_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode simpul_curl_set_transfer(CURL *handle, CURLoption option, simpul_curl_transfer value) {
  return curl_easy_setopt(handle, option, value);
}

// The system's error behind a failed connection, 0 where there is none.
static inline long simpul_curl_system_error(CURL *handle) {
  long value = 0;
  curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &value);
  return value;
}

// Whether the connection stood, its encryption included, so that the request could be sent.
static inline long simpul_curl_is_connected(CURL *handle) {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &microseconds);
  return microseconds > 0;
}

// Once per process, before anything else; CURL_GLOBAL_DEFAULT is an expression that Swift does not import.
static inline CURLcode simpul_curl_begin(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

// A read callback's word for "end the transfer".
static const size_t simpul_curl_abort = CURL_READFUNC_ABORT;

#endif
