#include "CLlamaShim.h"

#include "guard.h"

#include <deque>
#include <new>
#include <string>
#include <vector>

using nexus::guarded;

struct nexus_llama_importance {
    struct Entry {
        std::string name;
        std::vector<float> numbers;
    };
    /// Its elements keep their places.
    std::deque<Entry> entries;
};

extern "C" {

nexus_llama_importance * nexus_llama_importance_new(void) { return new (std::nothrow) nexus_llama_importance(); }

void nexus_llama_importance_free(nexus_llama_importance * importance) { delete importance; }

bool nexus_llama_importance_add(
    nexus_llama_importance * importance, const char * name, const float * numbers, size_t count) {
    return guarded<bool>(nullptr, 0, false, [&] {
        importance->entries.push_back({name, std::vector<float>(numbers, numbers + count)});
        return true;
    });
}

int32_t nexus_llama_quantize(
    const char * input, const char * output, llama_model_quantize_params params,
    const nexus_llama_importance * importance, char * error, size_t error_size) {
    return guarded<int32_t>(error, error_size, NEXUS_LLAMA_THREW, [&] {
        nexus::AbortGuard aborts;
        std::vector<llama_model_imatrix_data> data;
        if (importance != nullptr) {
            for (const auto & entry : importance->entries) {
                data.push_back({entry.name.c_str(), entry.numbers.data(), entry.numbers.size()});
            }
            data.push_back({nullptr, nullptr, 0});
            params.imatrix = data.data();
        }
        return static_cast<int32_t>(llama_model_quantize(input, output, &params));
    });
}

}  // extern "C"
