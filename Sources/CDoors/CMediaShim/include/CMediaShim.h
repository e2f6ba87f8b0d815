#pragma once

// libmtmd, which turns images and recordings into vectors for a model, as far as this program uses it. Exceptions of C++
// are caught here; each function that can fail writes what went wrong into `error` (at most `error_size` bytes with the
// terminating zero). Nothing here reads a file but `nexus_media_open`, and nothing starts a program.

#include <llama.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mtmd_context;
struct mtmd_bitmap;
struct mtmd_input_chunks;
struct mtmd_input_chunk;

/// The status of a call that threw.
#define NEXUS_MEDIA_THREW INT32_MIN

struct nexus_media_options {
    int32_t threads;
    bool uses_gpu;
    /// Vectors of one image, where the model leaves it open; -1 is as the file says.
    int32_t image_tokens_min;
    int32_t image_tokens_max;
    enum llama_flash_attn_type flash_attention;
    /// Whether to compute the largest image once, to find out what does not fit.
    bool warms_up;
};

/// Loads a projector for a model; NULL on failure.
struct mtmd_context * nexus_media_open(
    const char * path, const struct llama_model * model, struct nexus_media_options options, char * error,
    size_t error_size);
void nexus_media_close(struct mtmd_context * projector);

bool nexus_media_reads_images(const struct mtmd_context * projector);
bool nexus_media_reads_audio(const struct mtmd_context * projector);
/// Whether the model gives images places in a plane (M-RoPE).
bool nexus_media_has_planes(const struct mtmd_context * projector);
/// Length of one vector.
int32_t nexus_media_width(const struct llama_model * model);

/// Decodes an image or a recording of at most `samples_max` samples; NULL on failure. Safe from any thread.
struct mtmd_bitmap * nexus_media_decode_file(
    const struct mtmd_context * projector, const uint8_t * bytes, size_t size, size_t samples_max, char * error,
    size_t error_size);
void nexus_media_free_bitmap(struct mtmd_bitmap * bitmap);

/// A text, or a bitmap where `text` is NULL.
struct nexus_media_part {
    const char * text;
    size_t text_size;
    const struct mtmd_bitmap * bitmap;
};

/// mtmd_tokenize_from_parts: the chunks, or NULL on failure. Safe from any thread.
struct mtmd_input_chunks * nexus_media_chunks(
    const struct mtmd_context * projector, const struct nexus_media_part * parts, size_t count, bool adds_special,
    char * error, size_t error_size);
size_t nexus_media_chunk_count(const struct mtmd_input_chunks * chunks);
const struct mtmd_input_chunk * nexus_media_chunk(const struct mtmd_input_chunks * chunks, size_t index);
void nexus_media_free_chunks(struct mtmd_input_chunks * chunks);

/// A chunk that is the caller's own; NULL when there is no memory.
struct mtmd_input_chunk * nexus_media_copy_chunk(const struct mtmd_input_chunk * chunk);
void nexus_media_free_chunk(struct mtmd_input_chunk * chunk);

struct nexus_media_shape {
    /// Text, as opposed to rows of an image or a recording.
    bool is_text;
    int32_t rows;
    int32_t positions;
    /// Each row looks at earlier ones only.
    bool is_causal;
};
struct nexus_media_shape nexus_media_shape_of(
    const struct mtmd_context * projector, const struct mtmd_input_chunk * chunk);
/// SHA-256 of the file that a chunk came from, hexadecimal; NULL where there is none.
const char * nexus_media_file_of(const struct mtmd_input_chunk * chunk);
/// The tokens of a text chunk.
const llama_token * nexus_media_tokens(const struct mtmd_input_chunk * chunk, size_t * count);

/// Computes the vectors of a chunk into `out`, `rows * width` of them. One thread at a time.
int32_t nexus_media_encode(
    struct mtmd_context * projector, const struct mtmd_input_chunk * chunk, float * out, size_t count, char * error,
    size_t error_size);

/// Lets a context read rows `first ..< first + count` of a chunk, whose first row is at `position`. At most a batch of
/// them, and all of a chunk that is not causal. `vectors` are those of the whole chunk.
///
/// Returns the status of llama_process (1 is no room in the cache), or NEXUS_MEDIA_THREW.
int32_t nexus_media_read(
    const struct mtmd_context * projector, struct llama_context * context, const struct mtmd_input_chunk * chunk,
    const float * vectors, int32_t first, int32_t count, llama_pos position, llama_seq_id sequence, bool wants_logits,
    char * error, size_t error_size);

/// libmtmd's own way of reading chunks, to compare with: mtmd_helper_eval_chunks.
int32_t nexus_media_read_all(
    struct mtmd_context * projector, struct llama_context * context, const struct mtmd_input_chunks * chunks,
    llama_seq_id sequence, int32_t batch, llama_pos * next_position, char * error, size_t error_size);

/// Sends libmtmd's log lines to `sink` (level as in ggml.h), for the whole process.
void nexus_media_log_to(void (*sink)(int32_t level, const char * text, void * context), void * context);

#ifdef __cplusplus
}
#endif
