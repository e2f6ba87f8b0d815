#pragma once

// The calls into llama.cpp that can throw a C++ exception, made safe: an exception that reached Swift would end the
// process. Each function returns a status, and writes what went wrong into `error` (at most `error_size` bytes with the
// terminating zero). Everything else of llama.cpp is called directly.
//
// While something is loaded or made, a failed assertion of ggml on the same thread is such an exception, too.

#include "CLlamaPlacing.h"
#include "CLlamaQuantizing.h"
#include "CLlamaSockets.h"

#include <llama.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The status of a call that threw.
#define NEXUS_LLAMA_THREW INT32_MIN

/// Loads a model; NULL on failure.
struct llama_model * nexus_llama_load(
    const char * path, struct llama_model_params params, char * error, size_t error_size);

/// Makes a context whose logits stay where they were computed; NULL on failure.
struct llama_context * nexus_llama_make_context(
    struct llama_model * model, struct llama_context_params params, char * error, size_t error_size);

/// llama_tokenize: the count, a negative needed count, or NEXUS_LLAMA_THREW (text outside a vocabulary without bytes).
int32_t nexus_llama_tokenize(
    const struct llama_vocab * vocab, const char * text, int32_t length, llama_token * tokens, int32_t tokens_max,
    bool add_special, bool parse_special, char * error, size_t error_size);

/// llama_token_to_piece: the count of bytes, a negative needed count, or NEXUS_LLAMA_THREW.
int32_t nexus_llama_piece(
    const struct llama_vocab * vocab, llama_token token, char * buffer, int32_t length, bool special);

/// llama_decode: its status, or NEXUS_LLAMA_THREW.
int32_t nexus_llama_decode(struct llama_context * context, struct llama_batch batch, char * error, size_t error_size);

/// llama_encode: its status, or NEXUS_LLAMA_THREW. It aborts on batches larger than n_ubatch: keep to it.
int32_t nexus_llama_encode(struct llama_context * context, struct llama_batch batch, char * error, size_t error_size);

/// The vector of a row of the last batch, or NULL when that row has none.
float * nexus_llama_token_vector(struct llama_context * context, int32_t row);

/// The pooled vector of a sequence of the last batch, or NULL when there is none.
float * nexus_llama_sequence_vector(struct llama_context * context, llama_seq_id sequence);

/// The logits of a row of the last batch, or NULL when that row has none. Valid until the context computes again.
float * nexus_llama_logits(struct llama_context * context, int32_t row);

/// The largest of each 64 logits of a row, as far as there are 64 of them; NULL when they are not known. Valid as long as the logits.
const float * nexus_llama_logits_maxima(struct llama_context * context, int32_t row);

/// Calls `work` for each index below `count`, on as many as `threads` of the threads that compute graphs, and returns when all of it is
/// done. A runtime that somebody else built does all of it on the caller's thread.
void nexus_llama_each(
    int32_t count, int32_t threads, void (*work)(void * data, int32_t index, int32_t thread), void * data);

/// Bytes of a sequence's state; 0 when it threw.
size_t nexus_llama_state_size(struct llama_context * context, llama_seq_id sequence);

/// Writes a sequence's state; 0 when it threw or the buffer is too small.
size_t nexus_llama_state_get(struct llama_context * context, llama_seq_id sequence, uint8_t * bytes, size_t size);

/// Reads a sequence's state; 0 when it threw, did not fit the model, or the cache has no room.
size_t nexus_llama_state_set(
    struct llama_context * context, llama_seq_id sequence, const uint8_t * bytes, size_t size);

/// Sends llama.cpp's log lines to `sink` (level as in ggml.h), for the whole process.
void nexus_llama_log_to(void (*sink)(int32_t level, const char * text, void * context), void * context);

/// llama_adapter_lora_init: the adapter, which goes with its model, or NULL on failure.
struct llama_adapter_lora * nexus_llama_load_adapter(
    struct llama_model * model, const char * path, char * error, size_t error_size);

/// llama_set_adapters_lora: its status, or NEXUS_LLAMA_THREW. Replaces what was set before.
int32_t nexus_llama_set_adapters(
    struct llama_context * context, struct llama_adapter_lora ** adapters, size_t count, float * scales, char * error,
    size_t error_size);

/// Watches where the rows of a computation look: the nodes `kq_soft_max` of its graph, which there are without flash
/// attention only.
typedef struct nexus_llama_observer nexus_llama_observer;

/// An observer that watches nothing yet; NULL without memory. It must outlive the contexts that it is attached to.
nexus_llama_observer * nexus_llama_observer_new(void);
void nexus_llama_observer_free(nexus_llama_observer * observer);

/// Lets a context that is made with `params` be watched.
void nexus_llama_observer_attach(nexus_llama_observer * observer, struct llama_context_params * params);

/// Watches the computations from now on, or no longer. Starting forgets what was seen.
void nexus_llama_observer_set(nexus_llama_observer * observer, bool is_watching);

/// What was seen: for each cell the attention of all rows, heads and layers, and whether the last row could see it.
/// Gives the number of cells, and writes at most `cells_max` of each; 0 when there was nothing, or more than one piece of
/// a batch.
size_t nexus_llama_observer_read(
    const nexus_llama_observer * observer, float * weights, bool * visible, size_t cells_max);

/// llama_adapter_lora_free: takes an adapter out of its model, too. No context may compute with it any more.
void nexus_llama_free_adapter(struct llama_adapter_lora * adapter);

/// llama_set_adapter_cvec: its status, or NEXUS_LLAMA_THREW. The numbers are of the layers from 1 on.
int32_t nexus_llama_set_control_vector(
    struct llama_context * context, const float * numbers, size_t count, int32_t length, int32_t first_layer,
    int32_t last_layer, char * error, size_t error_size);

#ifdef __cplusplus
}
#endif
