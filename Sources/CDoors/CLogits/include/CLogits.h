#ifndef CLOGITS_H
#define CLOGITS_H

#include <stddef.h>

/// How wide the instructions are that `nexus_block_maxima` works with.
enum nexus_width { NEXUS_WIDTH_ANY, NEXUS_WIDTH_256, NEXUS_WIDTH_512 };

/// The widest that this processor has.
enum nexus_width nexus_widest(void);

/// Finds the largest of each 64 numbers, with instructions that this processor has.
///
/// `maxima` gets one number for each block of 64. The result is NaN when one of the numbers is, or when infinities of both
/// signs are among them; what is written for a block with a NaN is one of its numbers.
float nexus_block_maxima(enum nexus_width width, const float *numbers, size_t blocks, float *maxima);

#endif
