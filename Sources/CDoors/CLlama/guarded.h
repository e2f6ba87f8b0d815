#pragma once

// What the functions of both shims are wrapped in: no exception of llama.cpp or libmtmd may reach Swift, where it would
// end the process. C++, private to the shims.

#include <cstddef>
#include <cstdio>
#include <exception>

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

}  // namespace nexus
