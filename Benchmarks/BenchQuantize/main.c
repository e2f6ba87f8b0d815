// Bare `llama_model_quantize` with its defaults, silent: what the engine's tool is compared with.
//
//     bench-quantize INPUT OUTPUT FILE_TYPE THREADS

#include <llama.h>
#include <stdio.h>
#include <stdlib.h>

static void be_silent(enum ggml_log_level level, const char *text, void *unused) {
    (void)level;
    (void)text;
    (void)unused;
}

int main(int count, char **arguments) {
    if (count != 5) {
        fprintf(stderr, "usage: bench-quantize INPUT OUTPUT FILE_TYPE THREADS\n");
        return 64;
    }
    llama_log_set(be_silent, NULL);
    llama_backend_init();
    struct llama_model_quantize_params parameters = llama_model_quantize_default_params();
    parameters.ftype = (enum llama_ftype)atoi(arguments[3]);
    parameters.nthread = atoi(arguments[4]);
    return llama_model_quantize(arguments[1], arguments[2], &parameters) == 0 ? 0 : 1;
}
