#pragma once
#include <ldap.h>
#include <sys/time.h>

/* LDAP_OPT_ON and LDAP_OPT_OFF are casts, which Swift does not see. */
static inline int nexus_ldap_set_flag(LDAP *connection, int option, int isOn) {
    return ldap_set_option(connection, option, isOn ? LDAP_OPT_ON : LDAP_OPT_OFF);
}

/* A request of a whole session with a password, without controls; the bytes are only read. */
static inline int nexus_ldap_bind(
    LDAP *connection, const char *name, const char *password, ber_len_t count) {
    struct berval credential = { count, (char *)password };
    return ldap_sasl_bind_s(connection, name, LDAP_SASL_SIMPLE, &credential, NULL, NULL, NULL);
}
