#ifndef ORDERS_NATIVECODEC_H
#define ORDERS_NATIVECODEC_H

#include <stddef.h>
#include <stdint.h>

/* Encodes n bytes as PackBits runs into a new buffer, which the caller gives
 * back with packbits_free. Returns NULL where memory is short. */
uint8_t *packbits_encode(const uint8_t *in, size_t n, size_t *out_len);

void packbits_free(uint8_t *buffer);

/* How many buffers were handed out and not given back. */
int64_t packbits_outstanding(void);

#endif
