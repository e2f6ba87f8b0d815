#include "CLlamaShim.h"

#include "guard.h"

using nexus::guarded;

thread_local int nexus::AbortGuard::depth = 0;

namespace {

struct LogTarget {
    void (*sink)(int32_t, const char *, void *) = nullptr;
    void * context = nullptr;
};
LogTarget log_target;

}  // namespace

extern "C" {

llama_model * nexus_llama_load(const char * path, llama_model_params params, char * error, size_t error_size) {
    return guarded<llama_model *>(error, error_size, nullptr, [&] {
        nexus::AbortGuard aborts;
        return llama_model_load_from_file(path, params);
    });
}

llama_context * nexus_llama_make_context(
    llama_model * model, llama_context_params params, char * error, size_t error_size) {
    return guarded<llama_context *>(error, error_size, nullptr, [&] {
        nexus::AbortGuard aborts;
        return llama_init_from_model(model, params);
    });
}

int32_t nexus_llama_tokenize(
    const llama_vocab * vocab, const char * text, int32_t length, llama_token * tokens, int32_t tokens_max,
    bool add_special, bool parse_special, char * error, size_t error_size) {
    return guarded<int32_t>(error, error_size, NEXUS_LLAMA_THREW, [&] {
        return llama_tokenize(vocab, text, length, tokens, tokens_max, add_special, parse_special);
    });
}

int32_t nexus_llama_piece(const llama_vocab * vocab, llama_token token, char * buffer, int32_t length, bool special) {
    return guarded<int32_t>(nullptr, 0, NEXUS_LLAMA_THREW, [&] {
        return llama_token_to_piece(vocab, token, buffer, length, 0, special);
    });
}

int32_t nexus_llama_decode(llama_context * context, llama_batch batch, char * error, size_t error_size) {
    return guarded<int32_t>(error, error_size, NEXUS_LLAMA_THREW, [&] { return llama_decode(context, batch); });
}

int32_t nexus_llama_encode(llama_context * context, llama_batch batch, char * error, size_t error_size) {
    return guarded<int32_t>(error, error_size, NEXUS_LLAMA_THREW, [&] { return llama_encode(context, batch); });
}

float * nexus_llama_token_vector(llama_context * context, int32_t row) {
    return guarded<float *>(nullptr, 0, nullptr, [&] { return llama_get_embeddings_ith(context, row); });
}

float * nexus_llama_sequence_vector(llama_context * context, llama_seq_id sequence) {
    return guarded<float *>(nullptr, 0, nullptr, [&] { return llama_get_embeddings_seq(context, sequence); });
}

float * nexus_llama_logits(llama_context * context, int32_t row) {
    return guarded<float *>(nullptr, 0, nullptr, [&] { return llama_get_logits_ith(context, row); });
}

size_t nexus_llama_state_size(llama_context * context, llama_seq_id sequence) {
    return guarded<size_t>(nullptr, 0, 0, [&] { return llama_state_seq_get_size_ext(context, sequence, 0); });
}

size_t nexus_llama_state_get(llama_context * context, llama_seq_id sequence, uint8_t * bytes, size_t size) {
    return guarded<size_t>(nullptr, 0, 0, [&] { return llama_state_seq_get_data_ext(context, bytes, size, sequence, 0); });
}

size_t nexus_llama_state_set(llama_context * context, llama_seq_id sequence, const uint8_t * bytes, size_t size) {
    return guarded<size_t>(nullptr, 0, 0, [&] { return llama_state_seq_set_data_ext(context, bytes, size, sequence, 0); });
}

void nexus_llama_log_to(void (*sink)(int32_t, const char *, void *), void * context) {
    log_target = {sink, context};
    llama_log_set(
        [](ggml_log_level level, const char * text, void *) {
            if (log_target.sink != nullptr) log_target.sink(static_cast<int32_t>(level), text, log_target.context);
        },
        nullptr);
}

llama_adapter_lora * nexus_llama_load_adapter(llama_model * model, const char * path, char * error, size_t error_size) {
    return guarded<llama_adapter_lora *>(error, error_size, nullptr, [&] {
        nexus::AbortGuard aborts;
        return llama_adapter_lora_init(model, path);
    });
}

int32_t nexus_llama_set_adapters(
    llama_context * context, llama_adapter_lora ** adapters, size_t count, float * scales, char * error,
    size_t error_size) {
    return guarded<int32_t>(
        error, error_size, NEXUS_LLAMA_THREW, [&] { return llama_set_adapters_lora(context, adapters, count, scales); });
}

}  // extern "C"
