#pragma once

// Making smaller models, and measuring what their weights are multiplied with. Each function that can fail returns a status
// and writes what went wrong into `error`, as in CLlamaShim.h.

#include <llama.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How much each column of each weight matters: llama_model_imatrix_data, which holds pointers that Swift could not keep.
typedef struct nexus_llama_importance nexus_llama_importance;

/// An empty one; NULL without memory.
nexus_llama_importance * nexus_llama_importance_new(void);
void nexus_llama_importance_free(nexus_llama_importance * importance);
/// Adds the numbers of a weight, which are copied; false without memory.
bool nexus_llama_importance_add(
    nexus_llama_importance * importance, const char * name, const float * numbers, size_t count);

/// llama_model_quantize. `importance` may be NULL. What llama.cpp catches itself it tells in its log only.
///
/// 0 on success, 1 when it failed, NEXUS_LLAMA_THREW (INT32_MIN) for an exception or an assertion on this thread.
int32_t nexus_llama_quantize(
    const char * input, const char * output, struct llama_model_quantize_params params,
    const nexus_llama_importance * importance, char * error, size_t error_size);

/// Adds up the squares of what weights are multiplied with, column by column, while a context computes.
///
/// Differs from llama.cpp's imatrix tool in: sums are doubles; small batches count, too.
typedef struct nexus_llama_collector nexus_llama_collector;

/// One that has seen nothing; NULL without memory. It must outlive the contexts that it is attached to.
nexus_llama_collector * nexus_llama_collector_new(bool takes_output);
void nexus_llama_collector_free(nexus_llama_collector * collector);
/// Lets a context that is made with `params` be watched.
void nexus_llama_collector_attach(nexus_llama_collector * collector, struct llama_context_params * params);
/// Weights that were seen.
size_t nexus_llama_collector_count(const nexus_llama_collector * collector);
/// The name of one, its columns, and its matrices: experts of a mixture, else 1. NULL past the end.
const char * nexus_llama_collector_entry(
    const nexus_llama_collector * collector, size_t index, size_t * columns, size_t * matrices);
/// Copies the sums, `columns * matrices`, and the rows that were added up, `matrices`.
void nexus_llama_collector_read(
    const nexus_llama_collector * collector, size_t index, double * sums, int64_t * counts);
/// What could not be understood or is no number; NULL when all is well.
const char * nexus_llama_collector_problem(const nexus_llama_collector * collector);

#ifdef __cplusplus
}
#endif
