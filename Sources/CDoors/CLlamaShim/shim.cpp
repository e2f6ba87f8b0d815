#include "CLlamaShim.h"

#include "guard.h"

#include <ggml-backend.h>

#include <cmath>
#include <cstring>
#include <new>
#include <vector>

using nexus::guarded;

/// Of scripts/llama.cpp/logits-in-place.patch.
extern "C" __attribute__((weak)) void llama_set_logits_in_place(llama_context * context, bool value);

thread_local int nexus::AbortGuard::depth = 0;

namespace {

struct LogTarget {
    void (*sink)(int32_t, const char *, void *) = nullptr;
    void * context = nullptr;
};
LogTarget log_target;

}  // namespace

struct nexus_llama_observer {
    bool is_watching = false;
    /// Something was seen that cannot be told apart: more rows or cells than at first.
    bool is_mixed = false;
    int64_t rows = 0;
    std::vector<float> weights;
    std::vector<char> visible;
    std::vector<float> buffer;

    static bool is_attention(const ggml_tensor * node) {
        return std::strncmp(node->name, "kq_soft_max", 11) == 0 && node->type == GGML_TYPE_F32;
    }

    /// `ggml_backend_sched_eval_callback`: first asked whether a node is wanted, then given it computed.
    static bool on_node(ggml_tensor * node, bool asks, void * context) {
        auto * self = static_cast<nexus_llama_observer *>(context);
        if (!self->is_watching || !is_attention(node)) return !asks;
        if (asks) return true;
        try {
            self->take(node);
        } catch (...) {
            self->is_mixed = true;
        }
        return true;
    }

    /// Axes: cells, rows, heads, streams.
    void take(const ggml_tensor * node) {
        const int64_t cells = node->ne[0], count = node->ne[1], heads = node->ne[2];
        if (node->ne[3] != 1 || !ggml_is_contiguous(node)) {
            is_mixed = true;
            return;
        }
        if (weights.empty()) {
            weights.assign(cells, 0.0f);
            visible.assign(cells, 0);
            rows = count;
        }
        if (static_cast<int64_t>(weights.size()) != cells || rows != count) {
            is_mixed = true;
            return;
        }
        buffer.resize(cells * count * heads);
        ggml_backend_tensor_get(node, buffer.data(), 0, buffer.size() * sizeof(float));
        for (int64_t line = 0; line < count * heads; line++) {
            const float * row = buffer.data() + line * cells;
            for (int64_t cell = 0; cell < cells; cell++) weights[cell] += row[cell];
        }
        see(node->src[1], cells, count);
    }

    /// The mask has minus infinity where a row may not look.
    void see(const ggml_tensor * mask, int64_t cells, int64_t count) {
        if (mask == nullptr || mask->type != GGML_TYPE_F32 || mask->ne[0] != cells || mask->ne[1] < count) {
            is_mixed = true;
            return;
        }
        buffer.resize(cells);
        ggml_backend_tensor_get(mask, buffer.data(), (count - 1) * mask->nb[1], cells * sizeof(float));
        for (int64_t cell = 0; cell < cells; cell++) visible[cell] |= std::isinf(buffer[cell]) ? 0 : 1;
    }
};

extern "C" {

nexus_llama_observer * nexus_llama_observer_new(void) { return new (std::nothrow) nexus_llama_observer(); }

void nexus_llama_observer_free(nexus_llama_observer * observer) { delete observer; }

void nexus_llama_observer_attach(nexus_llama_observer * observer, llama_context_params * params) {
    params->cb_eval = nexus_llama_observer::on_node;
    params->cb_eval_user_data = observer;
}

void nexus_llama_observer_set(nexus_llama_observer * observer, bool is_watching) {
    observer->is_watching = is_watching;
    if (!is_watching) return;
    observer->is_mixed = false;
    observer->rows = 0;
    observer->weights.clear();
    observer->visible.clear();
}

size_t nexus_llama_observer_read(
    const nexus_llama_observer * observer, float * weights, bool * visible, size_t cells_max) {
    if (observer->is_mixed) return 0;
    for (size_t cell = 0; cell < observer->weights.size() && cell < cells_max; cell++) {
        weights[cell] = observer->weights[cell];
        visible[cell] = observer->visible[cell] != 0;
    }
    return observer->weights.size();
}

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
        llama_context * context = llama_init_from_model(model, params);
        // A runtime that somebody else built copies them.
        if (context != nullptr && llama_set_logits_in_place != nullptr) llama_set_logits_in_place(context, true);
        return context;
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

const float * nexus_llama_logits_maxima(llama_context * context, int32_t row) {
    return guarded<const float *>(nullptr, 0, nullptr, [&] { return llama_get_logits_maxima_ith(context, row); });
}

void nexus_llama_each(
    int32_t count, int32_t threads, void (*work)(void * data, int32_t index, int32_t thread), void * data) {
    using Each = void (*)(int, int, void (*)(void *, int, int), void *);
    static const Each each = [] {
        ggml_backend_dev_t processor = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
        ggml_backend_reg_t backend = processor == nullptr ? nullptr : ggml_backend_dev_backend_reg(processor);
        void * found = backend == nullptr ? nullptr : ggml_backend_reg_get_proc_address(backend, "ggml_cpu_each");
        return reinterpret_cast<Each>(found);
    }();
    if (each != nullptr) return each(count, threads, work, data);
    for (int32_t index = 0; index < count; index++) work(data, index, 0);
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

void nexus_llama_free_adapter(llama_adapter_lora * adapter) {
    guarded<int>(nullptr, 0, 0, [&] {
        llama_adapter_lora_free(adapter);
        return 0;
    });
}

int32_t nexus_llama_set_control_vector(
    llama_context * context, const float * numbers, size_t count, int32_t length, int32_t first_layer,
    int32_t last_layer, char * error, size_t error_size) {
    return guarded<int32_t>(error, error_size, NEXUS_LLAMA_THREW, [&] {
        return llama_set_adapter_cvec(context, numbers, count, length, first_layer, last_layer);
    });
}

}  // extern "C"
