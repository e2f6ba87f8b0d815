#pragma once
#include <libpq-fe.h>

// Character constants are not imported into Swift.
static const int nexus_pg_diag_sqlstate = PG_DIAG_SQLSTATE;
static const int nexus_pg_diag_message_primary = PG_DIAG_MESSAGE_PRIMARY;

// The wake-up call of a thread that waits for a server; Swift's Glibc module leaves this header out.
#include <sys/eventfd.h>
