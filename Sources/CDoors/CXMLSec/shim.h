#pragma once
/* What `pkg-config --cflags xmlsec1-openssl` says and SwiftPM leaves out: Debian's build counts sizes in 32 bits, loads no
   other cryptography at run time, and has OpenSSL's. */
#define XMLSEC_NO_SIZE_T 1
#define XMLSEC_NO_CRYPTO_DYNAMIC_LOADING 1
#define XMLSEC_CRYPTO_OPENSSL 1
#define XMLSEC_NO_GOST 1
#define XMLSEC_NO_GOST2012 1
#include <limits.h>
/* Where Foundation is linked in, it brings an ICU of its own, and one program cannot know two. Only the converters that libxml2
   keeps to itself have to do with one. */
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/app.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/keys.h>
#include <xmlsec/keysdata.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/openssl/app.h>
#include <xmlsec/openssl/crypto.h>

/// Errors come back as results; the default callback writes to standard error.
static inline void nexus_xmlsec_silence(
    const char *file, int line, const char *function, const char *object, const char *subject, int reason,
    const char *message) {
    (void)file; (void)line; (void)function; (void)object; (void)subject; (void)reason; (void)message;
}

/// Starts libxml2, xmlsec and its OpenSSL half, once in a process. 0 means that it is ready.
/// Names of functions of the half are macros, which Swift does not see.
static inline int nexus_xmlsec_start(void) {
    xmlInitParser();
    if (xmlSecInit() < 0 || xmlSecCheckVersion() != 1) return -1;
    if (xmlSecOpenSSLAppInit(NULL) < 0 || xmlSecOpenSSLInit() < 0) return -1;
    xmlSecErrorsSetCallback(nexus_xmlsec_silence);
    return 0;
}

/// The public key of a certificate in PEM form; NULL when it is none. The certificate's dates are not looked at.
static inline xmlSecKeyPtr nexus_xmlsec_key(const unsigned char *pem, size_t count) {
    return xmlSecOpenSSLAppKeyLoadMemory(pem, count, xmlSecKeyDataFormatCertPem, NULL, NULL, NULL);
}

/// Bits of an RSA key's modulus, or of the points of a key on a curve; 0 for keys of other kinds.
static inline int nexus_xmlsec_key_bits(xmlSecKeyPtr key, int *is_rsa) {
    xmlSecKeyDataPtr value = xmlSecKeyGetValue(key);
    *is_rsa = value != NULL && xmlSecKeyDataCheckId(value, xmlSecOpenSSLKeyDataRsaId);
    if (*is_rsa) return (int)xmlSecKeyDataGetSize(value);
    /* xmlsec 1.2 tells bytes here. */
    if (value != NULL && xmlSecKeyDataCheckId(value, xmlSecOpenSSLKeyDataEcdsaId))
        return (int)xmlSecKeyDataGetSize(value) * 8;
    return 0;
}

/// Whether a signature element is right under a key, and only under that: what KeyInfo says is not asked.
static inline int nexus_xmlsec_verify(xmlNodePtr signature, xmlSecKeyPtr key) {
    xmlSecDSigCtxPtr context = xmlSecDSigCtxCreate(NULL);
    if (context == NULL) return 0;
    context->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
    context->signKey = xmlSecKeyDuplicate(key);
    int isValid = context->signKey != NULL && xmlSecDSigCtxVerify(context, signature) == 0
        && context->status == xmlSecDSigStatusSucceeded
        && xmlSecPtrListGetSize(&(context->signedInfoReferences)) == 1;
    xmlSecDSigCtxDestroy(context);
    return isValid;
}
