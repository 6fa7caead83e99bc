/* A key by Mbed TLS, in each form that it writes. */
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int code, const char *what) {
  if (code < 0) {
    fprintf(stderr, "%s: -0x%04x\n", what, -code);
    exit(1);
  }
}

static void save(const char *name, const unsigned char *bytes, size_t length) {
  FILE *file = fopen(name, "wb");
  if (!file || fwrite(bytes, 1, length, file) != length || fclose(file)) exit(1);
}

int main(void) {
  mbedtls_entropy_context entropy;
  mbedtls_ctr_drbg_context random;
  mbedtls_pk_context key;
  unsigned char text[4096];
  char version[32];
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&random);
  mbedtls_pk_init(&key);
  check(mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, NULL, 0), "seed");
  check(mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), "setup");
  check(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key), mbedtls_ctr_drbg_random, &random), "key");

  check(mbedtls_pk_write_key_pem(&key, text, sizeof text), "private");
  save("read/write-key.pem", text, strlen((char *)text));
  check(mbedtls_pk_write_pubkey_pem(&key, text, sizeof text), "public");
  save("read/write-pubkey.pem", text, strlen((char *)text));
  save("reference.pub", text, strlen((char *)text));
  /* DER is written at the end of the buffer. */
  int length = mbedtls_pk_write_key_der(&key, text, sizeof text);
  check(length, "private DER");
  save("named/key.der", text + sizeof text - length, length);
  length = mbedtls_pk_write_pubkey_der(&key, text, sizeof text);
  check(length, "public DER");
  save("named/public.der", text + sizeof text - length, length);

  mbedtls_version_get_string_full(version);
  save("version", (unsigned char *)version, strlen(version));
  return 0;
}
