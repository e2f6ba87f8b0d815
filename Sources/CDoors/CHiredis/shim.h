#pragma once
#include <hiredis.h>

// The wake-up call of a thread that waits for a server; Swift's Glibc module leaves this header out.
#include <sys/eventfd.h>
