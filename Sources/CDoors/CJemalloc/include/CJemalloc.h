#pragma once
// Nothing to call: a program that links this module has jemalloc behind malloc and free.
