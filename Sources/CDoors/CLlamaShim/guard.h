#pragma once

// What the shim's functions are wrapped in. Private to the shim.

#include <cstddef>
#include <cstdio>
#include <exception>
#include <stdexcept>

#include <ggml.h>

namespace nexus {

inline void report(char * error, size_t error_size, const char * what) {
    if (error != nullptr && error_size > 0) std::snprintf(error, error_size, "%s", what);
}

/// Runs `call`; on an exception writes its text to `error` and returns `otherwise`.
template <typename Result, typename Call>
Result guarded(char * error, size_t error_size, Result otherwise, Call call) noexcept {
    try {
        return call();
    } catch (const std::exception & exception) {
        report(error, error_size, exception.what());
    } catch (...) {
        report(error, error_size, "unknown exception");
    }
    return otherwise;
}

/// While one lives, a failed assertion of ggml on the same thread is an exception instead of the end of the process.
///
/// Only around calls that make something and undo it when they fail, such as loading a model: what an assertion
/// interrupts there is thrown away. Elsewhere, and on other threads, an assertion ends the process as ever.
class AbortGuard {
public:
    AbortGuard() {
        static const bool is_set = (ggml_set_abort_callback(&AbortGuard::aborted), true);
        (void) is_set;
        depth += 1;
    }
    ~AbortGuard() { depth -= 1; }
    AbortGuard(const AbortGuard &) = delete;
    AbortGuard & operator=(const AbortGuard &) = delete;

private:
    static thread_local int depth;

    static void aborted(const char * message) {
        if (depth > 0) throw std::runtime_error(message);
        std::fprintf(stderr, "%s\n", message);
    }
};

}  // namespace nexus
