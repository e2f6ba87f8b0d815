#include "CLogits.h"

// Swift compiles for the oldest processor that a program may meet, and cannot choose at run time; C can.

enum { BLOCK = 64 };

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx512f"))) static float maxima_512(const float *numbers, size_t blocks, float *maxima) {
    __m512 check = _mm512_setzero_ps();
    for (size_t block = 0; block < blocks; block++, numbers += BLOCK) {
        const __m512 a = _mm512_loadu_ps(numbers), b = _mm512_loadu_ps(numbers + 16);
        const __m512 c = _mm512_loadu_ps(numbers + 32), d = _mm512_loadu_ps(numbers + 48);
        check = _mm512_add_ps(check, _mm512_add_ps(_mm512_add_ps(a, b), _mm512_add_ps(c, d)));
        maxima[block] = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_max_ps(a, b), _mm512_max_ps(c, d)));
    }
    return _mm512_reduce_add_ps(check);
}

__attribute__((target("avx2"))) static float maxima_256(const float *numbers, size_t blocks, float *maxima) {
    __m256 check = _mm256_setzero_ps();
    for (size_t block = 0; block < blocks; block++, numbers += BLOCK) {
        __m256 largest = _mm256_loadu_ps(numbers), sum = largest;
        for (int offset = 8; offset < BLOCK; offset += 8) {
            const __m256 next = _mm256_loadu_ps(numbers + offset);
            largest = _mm256_max_ps(largest, next);
            sum = _mm256_add_ps(sum, next);
        }
        check = _mm256_add_ps(check, sum);
        __m128 four = _mm_max_ps(_mm256_castps256_ps128(largest), _mm256_extractf128_ps(largest, 1));
        four = _mm_max_ps(four, _mm_movehl_ps(four, four));
        maxima[block] = _mm_cvtss_f32(_mm_max_ss(four, _mm_shuffle_ps(four, four, 1)));
    }
    float lanes[8], total = 0;
    _mm256_storeu_ps(lanes, check);
    for (int lane = 0; lane < 8; lane++) total += lanes[lane];
    return total;
}
#endif

/// Eight runs side by side, which a compiler turns into vectors of whatever width there is.
static float maxima_plain(const float *numbers, size_t blocks, float *maxima) {
    enum { LANES = 8 };
    float check[LANES] = {0};
    for (size_t block = 0; block < blocks; block++, numbers += BLOCK) {
        float largest[LANES];
        for (int lane = 0; lane < LANES; lane++) largest[lane] = numbers[lane];
        for (int lane = 0; lane < LANES; lane++) check[lane] += numbers[lane];
        for (int offset = LANES; offset < BLOCK; offset += LANES) {
            for (int lane = 0; lane < LANES; lane++) {
                const float next = numbers[offset + lane];
                largest[lane] = next > largest[lane] ? next : largest[lane];
                check[lane] += next;
            }
        }
        float top = largest[0];
        for (int lane = 1; lane < LANES; lane++) top = largest[lane] > top ? largest[lane] : top;
        maxima[block] = top;
    }
    float total = 0;
    for (int lane = 0; lane < LANES; lane++) total += check[lane];
    return total;
}

enum nexus_width nexus_widest(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return NEXUS_WIDTH_512;
    if (__builtin_cpu_supports("avx2")) return NEXUS_WIDTH_256;
#endif
    return NEXUS_WIDTH_ANY;
}

float nexus_block_maxima(enum nexus_width width, const float *numbers, size_t blocks, float *maxima) {
    switch (width) {
#if defined(__x86_64__)
    case NEXUS_WIDTH_512: return maxima_512(numbers, blocks, maxima);
    case NEXUS_WIDTH_256: return maxima_256(numbers, blocks, maxima);
#endif
    default: return maxima_plain(numbers, blocks, maxima);
    }
}
