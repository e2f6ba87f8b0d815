#pragma once

// What the shim's functions are wrapped in. Private to the shim.

#include "../CLlama/guarded.h"

#include <stdexcept>

#include <ggml.h>

namespace nexus {

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
