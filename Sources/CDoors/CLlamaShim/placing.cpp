#include "CLlamaPlacing.h"

#include "guard.h"

#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <ggml-rpc.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

namespace {

std::vector<std::string> split(const std::string & text, char separator) {
    std::vector<std::string> parts;
    size_t start = 0;
    while (start < text.size()) {
        const size_t end = std::min(text.find(separator, start), text.size());
        parts.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    return parts;
}

std::vector<ggml_backend_dev_t> named_devices(const char * lines) {
    std::vector<ggml_backend_dev_t> devices;
    for (const auto & name : split(lines, '\n')) {
        ggml_backend_dev_t device = ggml_backend_dev_by_name(name.c_str());
        if (device == nullptr) throw std::runtime_error("there is no device '" + name + "'");
        devices.push_back(device);
    }
    return devices;
}

ggml_backend_buffer_type_t named_buffer(const std::string & name) {
    std::string known;
    for (size_t index = 0; index < ggml_backend_dev_count(); index++) {
        ggml_backend_dev_t device = ggml_backend_dev_get(index);
        ggml_backend_buffer_type_t type = ggml_backend_dev_buffer_type(device);
        if (type == nullptr) continue;
        // A device's name will do: the names of remote buffers carry a port that changes.
        if (name == ggml_backend_buft_name(type) || name == ggml_backend_dev_name(device)) return type;
        known += (known.empty() ? "" : ", ") + std::string(ggml_backend_dev_name(device));
    }
    throw std::runtime_error("there is no buffer type '" + name + "', only " + known);
}

llama_model_kv_override metadata_override(const std::string & line) {
    const auto parts = split(line, '\t');
    llama_model_kv_override entry = {};
    if (parts.size() < 2 || parts[0].size() >= sizeof(entry.key)) throw std::runtime_error("malformed override");
    const std::string value = parts.size() > 2 ? parts[2] : "";
    std::memcpy(entry.key, parts[0].c_str(), parts[0].size() + 1);
    if (parts[1] == "int") {
        entry.tag = LLAMA_KV_OVERRIDE_TYPE_INT;
        entry.val_i64 = std::strtoll(value.c_str(), nullptr, 10);
    } else if (parts[1] == "float") {
        entry.tag = LLAMA_KV_OVERRIDE_TYPE_FLOAT;
        entry.val_f64 = std::strtod(value.c_str(), nullptr);
    } else if (parts[1] == "bool") {
        entry.tag = LLAMA_KV_OVERRIDE_TYPE_BOOL;
        entry.val_bool = value == "true";
    } else {
        entry.tag = LLAMA_KV_OVERRIDE_TYPE_STR;
        if (value.size() >= sizeof(entry.val_str)) throw std::runtime_error("an override's text is too long");
        std::memcpy(entry.val_str, value.c_str(), value.size() + 1);
    }
    return entry;
}

bool cpu_set_of(const uint64_t * mask, size_t words, cpu_set_t * set) {
    CPU_ZERO(set);
    bool has_any = false;
    for (size_t cpu = 0; cpu < words * 64 && cpu < CPU_SETSIZE; cpu++) {
        if ((mask[cpu / 64] >> (cpu % 64)) & 1) {
            CPU_SET(cpu, set);
            has_any = true;
        }
    }
    return has_any;
}

template <typename Function>
Function of_registry(const char * registry, const char * name) {
    ggml_backend_reg_t reg = ggml_backend_reg_by_name(registry);
    return reg == nullptr ? nullptr : reinterpret_cast<Function>(ggml_backend_reg_get_proc_address(reg, name));
}

}  // namespace

extern "C" {

llama_model * nexus_llama_load_placed(
    const char * path, llama_model_params params, const nexus_llama_placing * placing, char * error,
    size_t error_size) {
    return nexus::guarded<llama_model *>(error, error_size, nullptr, [&] {
        std::vector<ggml_backend_dev_t> devices;
        if (placing->devices != nullptr) {
            devices = named_devices(placing->devices);
            devices.push_back(nullptr);
            params.devices = devices.data();
        }
        std::vector<std::string> patterns;
        std::vector<llama_model_tensor_buft_override> buffers;
        if (placing->tensor_buffers != nullptr) {
            const auto lines = split(placing->tensor_buffers, '\n');
            patterns.reserve(lines.size());  // pointers into it must stay
            for (const auto & line : lines) {
                const auto parts = split(line, '\t');
                if (parts.size() != 2) throw std::runtime_error("malformed override");
                patterns.push_back(parts[0]);
                buffers.push_back({patterns.back().c_str(), named_buffer(parts[1])});
            }
            buffers.push_back({nullptr, nullptr});
            params.tensor_buft_overrides = buffers.data();
        }
        std::vector<llama_model_kv_override> metadata;
        if (placing->metadata != nullptr) {
            for (const auto & line : split(placing->metadata, '\n')) metadata.push_back(metadata_override(line));
            metadata.push_back({});  // its empty key is the end
            params.kv_overrides = metadata.data();
        }
        std::vector<float> proportions(llama_max_devices(), 0.0f);
        if (placing->tensor_split != nullptr) {
            for (size_t index = 0; index < placing->tensor_split_count && index < proportions.size(); index++) {
                proportions[index] = placing->tensor_split[index];
            }
            params.tensor_split = proportions.data();
        }
        nexus::AbortGuard aborts;
        return llama_model_load_from_file(path, params);
    });
}

size_t nexus_llama_device_count(void) { return ggml_backend_dev_count(); }

bool nexus_llama_device(size_t index, char * line, size_t line_size) {
    if (index >= ggml_backend_dev_count()) return false;
    ggml_backend_dev_t device = ggml_backend_dev_get(index);
    size_t free = 0, total = 0;
    ggml_backend_dev_memory(device, &free, &total);
    const int written = std::snprintf(
        line, line_size, "%s\t%s\t%zu\t%zu", ggml_backend_dev_name(device), ggml_backend_dev_description(device),
        free, total);
    return written > 0 && static_cast<size_t>(written) < line_size;
}

ggml_threadpool * nexus_llama_make_threads(
    int32_t count, const uint64_t * mask, size_t words, bool strict, int32_t priority) {
    auto make = of_registry<decltype(ggml_threadpool_new) *>("CPU", "ggml_threadpool_new");
    if (make == nullptr) return nullptr;
    ggml_threadpool_params params = ggml_threadpool_params_default(count);
    for (size_t cpu = 0; cpu < GGML_MAX_N_THREADS; cpu++) {
        params.cpumask[cpu] = cpu / 64 < words && ((mask[cpu / 64] >> (cpu % 64)) & 1);
    }
    params.strict_cpu = strict;
    params.prio = static_cast<ggml_sched_priority>(priority);
    return make(&params);
}

void nexus_llama_free_threads(ggml_threadpool * threads) {
    auto release = of_registry<decltype(ggml_threadpool_free) *>("CPU", "ggml_threadpool_free");
    if (release != nullptr && threads != nullptr) release(threads);
}

int32_t nexus_llama_bind_thread(const uint64_t * mask, size_t words) {
    cpu_set_t set;
    if (!cpu_set_of(mask, words, &set)) return 0;
    return pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

bool nexus_llama_may_run_on(const uint64_t * mask, size_t words) {
    cpu_set_t wanted, allowed, both;
    if (!cpu_set_of(mask, words, &wanted)) return false;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return true;
    CPU_AND(&both, &wanted, &allowed);
    return CPU_COUNT(&both) > 0;
}

int32_t nexus_llama_may_have_priority(int32_t priority) {
    if (priority == GGML_SCHED_PRIO_NORMAL) return 0;
    int32_t status = 0;
    // As ggml does it, on a thread that ends afterwards.
    std::thread([&] {
        sched_param param = {};
        const int levels[] = {0, 0, 40, 80, 90};
        param.sched_priority = levels[priority + 1];
        status = pthread_setschedparam(pthread_self(), priority < 0 ? SCHED_BATCH : SCHED_FIFO, &param);
    }).join();
    return status;
}

void nexus_llama_trim_memory(void) { malloc_trim(0); }

bool nexus_llama_is_numa(void) {
    auto is_numa = of_registry<decltype(ggml_is_numa) *>("CPU", "ggml_backend_cpu_is_numa");
    return is_numa != nullptr && is_numa();
}

void nexus_llama_serve_rpc(
    const char * endpoint, const char * cache_directory, int32_t threads, const char * devices, char * error,
    size_t error_size) {
    nexus::guarded<int>(error, error_size, 0, [&] {
        std::vector<ggml_backend_dev_t> served;
        if (devices != nullptr) {
            served = named_devices(devices);
        } else {
            for (size_t index = 0; index < ggml_backend_dev_count(); index++) {
                ggml_backend_dev_t device = ggml_backend_dev_get(index);
                const auto type = ggml_backend_dev_type(device);
                if (type != GGML_BACKEND_DEVICE_TYPE_CPU && type != GGML_BACKEND_DEVICE_TYPE_ACCEL) {
                    served.push_back(device);
                }
            }
            if (served.empty()) served.push_back(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU));
        }
        auto start = of_registry<decltype(ggml_backend_rpc_start_server) *>("RPC", "ggml_backend_rpc_start_server");
        if (start == nullptr) throw std::runtime_error("this llama.cpp was built without RPC");
        start(endpoint, cache_directory, static_cast<size_t>(threads), served.size(), served.data());
        throw std::runtime_error("it cannot listen there");
        return 0;
    });
}

size_t nexus_llama_add_rpc_server(const char * endpoint) {
    return nexus::guarded<size_t>(nullptr, 0, 0, [&]() -> size_t {
        nexus::AbortGuard aborts;
        auto add = of_registry<decltype(ggml_backend_rpc_add_server) *>("RPC", "ggml_backend_rpc_add_server");
        if (add == nullptr) return 0;
        ggml_backend_reg_t server = add(endpoint);
        if (server == nullptr) return 0;
        ggml_backend_register(server);
        return ggml_backend_reg_dev_count(server);
    });
}

void nexus_llama_rpc_version(uint8_t * major, uint8_t * minor, uint8_t * patch) {
    *major = RPC_PROTO_MAJOR_VERSION;
    *minor = RPC_PROTO_MINOR_VERSION;
    *patch = RPC_PROTO_PATCH_VERSION;
}

}  // extern "C"
