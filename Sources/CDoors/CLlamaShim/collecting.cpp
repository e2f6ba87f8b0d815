#include "CLlamaShim.h"

#include "guard.h"

#include <ggml-backend.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <map>
#include <new>
#include <string>
#include <vector>

struct nexus_llama_collector {
    struct Entry {
        size_t columns = 0;
        std::vector<double> sums;
        std::vector<int64_t> counts;
    };

    bool takes_output = false;
    std::string problem;
    std::map<std::string, Entry> entries;
    std::vector<char> inputs;
    std::vector<char> choices;

    /// A scheduler writes copies as `device#name#number`.
    static std::string plain_name(const char * name) {
        const char * first = std::strchr(name, '#');
        if (first == nullptr) return name;
        const char * last = std::strchr(first + 1, '#');
        return last == nullptr ? std::string(first + 1) : std::string(first + 1, last);
    }

    bool wants(const ggml_tensor * node) const {
        if (node->op != GGML_OP_MUL_MAT && node->op != GGML_OP_MUL_MAT_ID) return false;
        if (node->src[1]->type != GGML_TYPE_F32) return false;
        const std::string name = plain_name(node->src[0]->name);
        return name.compare(0, 4, "blk.") == 0 || (takes_output && name == "output.weight");
    }

    /// `ggml_backend_sched_eval_callback`: first asked whether a node is wanted, then given it computed.
    static bool on_node(ggml_tensor * node, bool asks, void * context) {
        auto * self = static_cast<nexus_llama_collector *>(context);
        if (asks) return self->wants(node);
        try {
            self->take(node);
        } catch (const std::exception & exception) {
            self->problem = exception.what();
        } catch (...) {
            self->problem = "unknown exception";
        }
        return self->problem.empty();
    }

    static const char * bytes(const ggml_tensor * tensor, std::vector<char> & copy) {
        if (ggml_backend_buffer_is_host(tensor->buffer)) return static_cast<const char *>(tensor->data);
        copy.resize(ggml_nbytes(tensor));
        ggml_backend_tensor_get(tensor, copy.data(), 0, copy.size());
        return copy.data();
    }

    Entry & entry(const std::string & name, size_t columns, size_t matrices) {
        Entry & found = entries[name];
        if (found.sums.empty()) {
            found.columns = columns;
            found.sums.assign(columns * matrices, 0.0);
            found.counts.assign(matrices, 0);
        }
        if (found.columns != columns || found.counts.size() != matrices) {
            throw std::runtime_error(name + " has another shape than before");
        }
        return found;
    }

    void add(Entry & entry, size_t matrix, const float * row, const std::string & name) {
        double * sums = entry.sums.data() + matrix * entry.columns;
        double check = 0;
        for (size_t column = 0; column < entry.columns; column++) {
            const double square = static_cast<double>(row[column]) * row[column];
            sums[column] += square;
            check += square;
        }
        if (!std::isfinite(check)) throw std::runtime_error("the input of " + name + " is not finite");
        entry.counts[matrix]++;
    }

    void take(const ggml_tensor * node) {
        const ggml_tensor * weights = node->src[0];
        const ggml_tensor * input = node->src[1];
        if (input->nb[0] != sizeof(float)) throw std::runtime_error("an input's rows are not contiguous");
        const std::string name = plain_name(weights->name);
        const char * data = bytes(input, inputs);
        if (node->op == GGML_OP_MUL_MAT_ID) return take_experts(node, name, data);
        // Weights of three dimensions are several matrices; inputs of more than theirs are flattened.
        const size_t planes = weights->ne[2], volumes = weights->ne[3];
        Entry & found = entry(name, input->ne[0], planes * volumes);
        for (int64_t volume = 0; volume < input->ne[3]; volume++) {
            for (int64_t plane = 0; plane < input->ne[2]; plane++) {
                const size_t matrix = (volume % volumes) * planes + plane % planes;
                for (int64_t row = 0; row < input->ne[1]; row++) {
                    const char * at = data + row * input->nb[1] + plane * input->nb[2] + volume * input->nb[3];
                    add(found, matrix, reinterpret_cast<const float *>(at), name);
                }
            }
        }
    }

    /// Inputs: [columns, 1 or experts used, tokens]; choices: [experts used, tokens]. Each expert counts its own rows.
    void take_experts(const ggml_tensor * node, const std::string & name, const char * data) {
        const ggml_tensor * input = node->src[1];
        const ggml_tensor * chosen = node->src[2];
        if (input->ne[3] != 1 || chosen->ne[1] != input->ne[2]) throw std::runtime_error(name + " is used in an unknown way");
        const char * numbers = bytes(chosen, choices);
        const size_t experts = node->src[0]->ne[2];
        Entry & found = entry(name, input->ne[0], experts);
        for (int64_t token = 0; token < input->ne[2]; token++) {
            for (int64_t place = 0; place < chosen->ne[0]; place++) {
                int32_t expert = 0;
                std::memcpy(&expert, numbers + token * chosen->nb[1] + place * chosen->nb[0], sizeof(expert));
                if (expert < 0 || static_cast<size_t>(expert) >= experts) throw std::runtime_error(name + ": no such expert");
                const char * at = data + (place % input->ne[1]) * input->nb[1] + token * input->nb[2];
                add(found, expert, reinterpret_cast<const float *>(at), name);
            }
        }
    }
};

extern "C" {

nexus_llama_collector * nexus_llama_collector_new(bool takes_output) {
    auto * made = new (std::nothrow) nexus_llama_collector();
    if (made != nullptr) made->takes_output = takes_output;
    return made;
}

void nexus_llama_collector_free(nexus_llama_collector * collector) { delete collector; }

void nexus_llama_collector_attach(nexus_llama_collector * collector, llama_context_params * params) {
    params->cb_eval = nexus_llama_collector::on_node;
    params->cb_eval_user_data = collector;
}

size_t nexus_llama_collector_count(const nexus_llama_collector * collector) { return collector->entries.size(); }

const char * nexus_llama_collector_entry(
    const nexus_llama_collector * collector, size_t index, size_t * columns, size_t * matrices) {
    if (index >= collector->entries.size()) return nullptr;
    const auto found = std::next(collector->entries.begin(), static_cast<std::ptrdiff_t>(index));
    *columns = found->second.columns;
    *matrices = found->second.counts.size();
    return found->first.c_str();
}

void nexus_llama_collector_read(
    const nexus_llama_collector * collector, size_t index, double * sums, int64_t * counts) {
    const auto found = std::next(collector->entries.begin(), static_cast<std::ptrdiff_t>(index));
    std::copy(found->second.sums.begin(), found->second.sums.end(), sums);
    std::copy(found->second.counts.begin(), found->second.counts.end(), counts);
}

const char * nexus_llama_collector_problem(const nexus_llama_collector * collector) {
    return collector->problem.empty() ? nullptr : collector->problem.c_str();
}

}  // extern "C"
