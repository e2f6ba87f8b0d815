#include "CJemalloc.h"

#include <jemalloc/jemalloc.h>

// jemalloc reads this name when the program starts (its manual, TUNING). What was freed goes back to the system after two
// seconds, by a thread of jemalloc's own, so that a burst of requests does not stay in memory.
const char *malloc_conf = "background_thread:true,dirty_decay_ms:2000,muzzy_decay_ms:0";
