#pragma once

// Where a model is computed: devices, buffers, threads, other machines. Each function that can fail returns a status and
// writes what went wrong into `error`, as in CLlamaShim.h.

#include <llama.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What llama_model_params holds pointers to. Texts are lines, because Swift cannot hand over nested arrays safely.
struct nexus_llama_placing {
    /// Names of devices, one a line; NULL is llama.cpp's choice, an empty text none at all.
    const char * devices;
    /// `pattern TAB device or buffer type`, one a line; NULL is none.
    const char * tensor_buffers;
    /// `key TAB int|float|bool|str TAB value`, one a line; NULL is none.
    const char * metadata;
    /// Proportions of the devices; NULL is by their memory.
    const float * tensor_split;
    size_t tensor_split_count;
};

/// Loads a model with everything that `placing` names, which replaces what `params` has of it; NULL on failure.
struct llama_model * nexus_llama_load_placed(
    const char * path, struct llama_model_params params, const struct nexus_llama_placing * placing, char * error,
    size_t error_size);

/// Devices that are known, those of other machines included.
size_t nexus_llama_device_count(void);
/// Writes `name TAB description TAB free bytes TAB total bytes`; false when it does not fit.
bool nexus_llama_device(size_t index, char * line, size_t line_size);

/// Makes threads run on CPUs whose bits are set in `mask` (word by word, lowest first; no bit: everywhere).
///
/// `priority` is -1 to 3 as in ggml.h. Returns the pool for nexus_llama_attach_threads, or NULL.
struct ggml_threadpool * nexus_llama_make_threads(
    int32_t count, const uint64_t * mask, size_t words, bool strict, int32_t priority);
void nexus_llama_free_threads(struct ggml_threadpool * threads);
/// Lets the calling thread run on those CPUs only. 0, or errno.
int32_t nexus_llama_bind_thread(const uint64_t * mask, size_t words);
/// Whether this process may run on a CPU of the mask.
bool nexus_llama_may_run_on(const uint64_t * mask, size_t words);
/// Whether this process may give its threads that priority. 0, or errno.
int32_t nexus_llama_may_have_priority(int32_t priority);
/// Gives freed memory back to the system (malloc_trim(3), which Swift does not see).
void nexus_llama_trim_memory(void);
/// Whether ggml found several NUMA nodes after llama_numa_init.
bool nexus_llama_is_numa(void);

/// Serves this machine's devices to other machines' llama.cpp. Returns only when it cannot listen, or cannot any more.
///
/// `devices` are names, one a line; NULL is all accelerators, or the CPU. What ggml prints goes to standard error.
void nexus_llama_serve_rpc(
    const char * endpoint, const char * cache_directory, int32_t threads, const char * devices, char * error,
    size_t error_size);
/// Makes the devices of a server known. `endpoint` is `a.b.c.d:port`. Returns how many there are; 0 when there are none.
size_t nexus_llama_add_rpc_server(const char * endpoint);
/// The version of the protocol that ggml speaks.
void nexus_llama_rpc_version(uint8_t * major, uint8_t * minor, uint8_t * patch);

#ifdef __cplusplus
}
#endif
