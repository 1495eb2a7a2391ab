#pragma once
#include <nats/nats.h>
#include <openssl/evp.h>

// The public half of an Ed25519 seed. libnats 3.4.1 signs with an nkey seed file but asks its caller for the public key.
// Returns 1 on success.
static inline int quloud_nkey_public(const unsigned char seed[32], unsigned char out[32]) {
    size_t length = 32;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, 0, seed, 32);
    if (key == 0) return 0;
    int ok = EVP_PKEY_get_raw_public_key(key, out, &length) == 1 && length == 32;
    EVP_PKEY_free(key);
    return ok;
}
