#include "CMediaShim.h"

#include "../CLlama/guarded.h"

#include <mtmd-helper.h>
#include <mtmd.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

namespace {

using nexus::guarded;

/// Where libmtmd would look for ffmpeg: nowhere. It starts that program for whatever is no image by its first look.
const char * const no_programs = "/dev/null";

struct batch_deleter {
    void operator()(llama_batch_ext * batch) { llama_batch_ext_free(batch); }
};

/// Lets all rows of a batch look at each other, as long as it lives.
class whole_attention {
public:
    whole_attention(llama_context * context, bool is_wanted) : context(is_wanted ? context : nullptr) {
        if (this->context != nullptr) llama_set_causal_attn(context, false);
    }
    ~whole_attention() {
        if (context != nullptr) llama_set_causal_attn(context, true);
    }
    whole_attention(const whole_attention &) = delete;
    whole_attention & operator=(const whole_attention &) = delete;

private:
    llama_context * context;
};

struct LogTarget {
    void (*sink)(int32_t, const char *, void *) = nullptr;
    void * context = nullptr;
};
LogTarget log_target;

/// The four positions of a row: where it stands in time and in the plane, or only in time.
void set_positions(
    const mtmd_context * projector, const mtmd_input_chunk * chunk, llama_pos position, int32_t row, llama_pos * out) {
    if (!mtmd_decode_use_mrope(projector) || mtmd_input_chunk_get_type(chunk) != MTMD_INPUT_CHUNK_TYPE_IMAGE) {
        for (int index = 0; index < 4; index++) out[index] = position + row;
        return;
    }
    const mtmd_image_tokens * image = mtmd_input_chunk_get_tokens_image(chunk);
    if (image == nullptr) throw std::runtime_error("the chunk has no image");
    const mtmd_decoder_pos place = mtmd_image_tokens_get_decoder_pos(image, position, static_cast<size_t>(row));
    out[0] = static_cast<llama_pos>(place.t);
    out[1] = static_cast<llama_pos>(place.y);
    out[2] = static_cast<llama_pos>(place.x);
    out[3] = static_cast<llama_pos>(place.z);
}

}  // namespace

extern "C" {

mtmd_context * nexus_media_open(
    const char * path, const llama_model * model, nexus_media_options options, char * error, size_t error_size) {
    return guarded<mtmd_context *>(error, error_size, nullptr, [&] {
        mtmd_context_params params = mtmd_context_params_default();
        params.use_gpu = options.uses_gpu;
        params.print_timings = false;
        params.n_threads = options.threads;
        params.flash_attn_type = options.flash_attention;
        params.image_min_tokens = options.image_tokens_min;
        params.image_max_tokens = options.image_tokens_max;
        params.warmup = options.warms_up;
        return mtmd_init_from_file(path, model, params);
    });
}

void nexus_media_close(mtmd_context * projector) { mtmd_free(projector); }

bool nexus_media_reads_images(const mtmd_context * projector) { return mtmd_support_vision(projector); }
bool nexus_media_reads_audio(const mtmd_context * projector) { return mtmd_support_audio(projector); }
bool nexus_media_has_planes(const mtmd_context * projector) { return mtmd_decode_use_mrope(projector); }
int32_t nexus_media_width(const llama_model * model) { return llama_model_n_embd_inp(model); }

mtmd_bitmap * nexus_media_decode_file(
    const mtmd_context * projector, const uint8_t * bytes, size_t size, size_t samples_max, char * error,
    size_t error_size) {
    return guarded<mtmd_bitmap *>(error, error_size, nullptr, [&]() -> mtmd_bitmap * {
        mtmd_helper_init_opt options = mtmd_helper_init_opt_default();
        options.video_params.ffmpeg_bin_dir = no_programs;
        mtmd_helper_bitmap_wrapper made = mtmd_helper_bitmap_init_from_buf(projector, bytes, size, false, options);
        if (made.video_ctx != nullptr) {
            mtmd_helper_video_free(made.video_ctx);
            mtmd_bitmap_free(made.bitmap);
            throw std::runtime_error("it is a film");
        }
        if (made.bitmap == nullptr) throw std::runtime_error("it cannot be decoded");
        const size_t count = mtmd_bitmap_get_n_bytes(made.bitmap);
        const bool is_audio = mtmd_bitmap_is_audio(made.bitmap);
        // libmtmd ends the process for a recording of one sample.
        if (count <= sizeof(float) || (is_audio && count / sizeof(float) > samples_max)) {
            mtmd_bitmap_free(made.bitmap);
            throw std::runtime_error(is_audio ? "it is too short or too long" : "it is empty");
        }
        return made.bitmap;
    });
}

void nexus_media_free_bitmap(mtmd_bitmap * bitmap) { mtmd_bitmap_free(bitmap); }

mtmd_input_chunks * nexus_media_chunks(
    const mtmd_context * projector, const nexus_media_part * parts, size_t count, bool adds_special, char * error,
    size_t error_size) {
    return guarded<mtmd_input_chunks *>(error, error_size, nullptr, [&]() -> mtmd_input_chunks * {
        std::vector<mtmd_input_text> texts(count);
        std::vector<mtmd_input_part> all(count);
        std::vector<const mtmd_input_part *> pointers(count);
        for (size_t index = 0; index < count; index++) {
            texts[index] = {parts[index].text, parts[index].text_size, false, true};
            const bool is_text = parts[index].text != nullptr;
            all[index] = {is_text ? &texts[index] : nullptr, is_text ? nullptr : parts[index].bitmap};
            pointers[index] = &all[index];
        }
        std::unique_ptr<mtmd_input_chunks, decltype(&mtmd_input_chunks_free)> chunks(
            mtmd_input_chunks_init(), mtmd_input_chunks_free);
        const int32_t status =
            mtmd_tokenize_from_parts(projector, chunks.get(), pointers.data(), pointers.size(), adds_special);
        if (status != 0) throw std::runtime_error("libmtmd cannot cut it into chunks");
        return chunks.release();
    });
}

size_t nexus_media_chunk_count(const mtmd_input_chunks * chunks) { return mtmd_input_chunks_size(chunks); }

const mtmd_input_chunk * nexus_media_chunk(const mtmd_input_chunks * chunks, size_t index) {
    return mtmd_input_chunks_get(chunks, index);
}

void nexus_media_free_chunks(mtmd_input_chunks * chunks) { mtmd_input_chunks_free(chunks); }

mtmd_input_chunk * nexus_media_copy_chunk(const mtmd_input_chunk * chunk) {
    return guarded<mtmd_input_chunk *>(nullptr, 0, nullptr, [&] { return mtmd_input_chunk_copy(chunk); });
}

void nexus_media_free_chunk(mtmd_input_chunk * chunk) { mtmd_input_chunk_free(chunk); }

nexus_media_shape nexus_media_shape_of(const mtmd_context * projector, const mtmd_input_chunk * chunk) {
    const bool is_text = mtmd_input_chunk_get_type(chunk) == MTMD_INPUT_CHUNK_TYPE_TEXT;
    return {
        is_text, static_cast<int32_t>(mtmd_input_chunk_get_n_tokens(chunk)), mtmd_input_chunk_get_n_pos(chunk),
        is_text || !mtmd_decode_use_non_causal(projector, chunk)};
}

const char * nexus_media_file_of(const mtmd_input_chunk * chunk) { return mtmd_input_chunk_get_id(chunk); }

const llama_token * nexus_media_tokens(const mtmd_input_chunk * chunk, size_t * count) {
    return mtmd_input_chunk_get_tokens_text(chunk, count);
}

int32_t nexus_media_encode(
    mtmd_context * projector, const mtmd_input_chunk * chunk, float * out, size_t count, char * error,
    size_t error_size) {
    return guarded<int32_t>(error, error_size, NEXUS_MEDIA_THREW, [&] {
        const int32_t status = mtmd_encode_chunk(projector, chunk);
        if (status == 0) std::memcpy(out, mtmd_get_output_embd(projector), count * sizeof(float));
        return status;
    });
}

int32_t nexus_media_read(
    const mtmd_context * projector, llama_context * context, const mtmd_input_chunk * chunk, const float * vectors,
    int32_t first, int32_t count, llama_pos position, llama_seq_id sequence, bool wants_logits, char * error,
    size_t error_size) {
    return guarded<int32_t>(error, error_size, NEXUS_MEDIA_THREW, [&] {
        const size_t width = static_cast<size_t>(llama_model_n_embd_inp(llama_get_model(context)));
        std::unique_ptr<llama_batch_ext, batch_deleter> batch(llama_batch_ext_init(context));
        for (int32_t row = first; row < first + count; row++) {
            const llama_embd vector = {vectors + static_cast<size_t>(row) * width, 1, width};
            const int32_t index = llama_batch_ext_add_embd(batch.get(), sequence, vector);
            if (index < 0) throw std::runtime_error("the batch takes no more rows");
            llama_pos positions[4];
            set_positions(projector, chunk, position, row, positions);
            llama_batch_ext_set_pos(batch.get(), index, positions);
            if (wants_logits && row == first + count - 1) {
                llama_batch_ext_set_output_logits(batch.get(), index, true);
            }
        }
        const whole_attention whole(context, mtmd_decode_use_non_causal(projector, chunk));
        return llama_process(context, LLAMA_PROCESS_TYPE_DECODE, batch.get());
    });
}

int32_t nexus_media_read_all(
    mtmd_context * projector, llama_context * context, const mtmd_input_chunks * chunks, llama_seq_id sequence,
    int32_t batch, llama_pos * next_position, char * error, size_t error_size) {
    return guarded<int32_t>(error, error_size, NEXUS_MEDIA_THREW, [&] {
        return mtmd_helper_eval_chunks(projector, context, chunks, 0, sequence, batch, true, next_position);
    });
}

void nexus_media_log_to(void (*sink)(int32_t, const char *, void *), void * context) {
    log_target = {sink, context};
    mtmd_helper_log_set(
        [](ggml_log_level level, const char * text, void *) {
            if (log_target.sink != nullptr) log_target.sink(static_cast<int32_t>(level), text, log_target.context);
        },
        nullptr);
}

}  // extern "C"
