#include "codec.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_llong outstanding;

uint8_t *packbits_encode(const uint8_t *in, size_t n, size_t *out_len) {
	/* A literal costs one byte more than it holds. Those shorter than 128 are
	 * followed by a run, of two bytes at least, so there is one in three bytes. */
	uint8_t *out = malloc(n + (n + 2) / 3 + 1);
	if (out == NULL) {
		return NULL;
	}
	atomic_fetch_add(&outstanding, 1);
	size_t w = 0;
	for (size_t i = 0; i < n;) {
		size_t run = 1;
		while (i + run < n && run < 128 && in[i + run] == in[i]) {
			run++;
		}
		if (run > 1) {
			out[w++] = (uint8_t)(257 - run);
			out[w++] = in[i];
			i += run;
			continue;
		}
		size_t lit = 1;
		while (i + lit < n && lit < 128 && (i + lit + 1 >= n || in[i + lit] != in[i + lit + 1])) {
			lit++;
		}
		out[w++] = (uint8_t)(lit - 1);
		memcpy(out + w, in + i, lit);
		w += lit;
		i += lit;
	}
	*out_len = w;
	uint8_t *fitting = realloc(out, w > 0 ? w : 1);
	return fitting != NULL ? fitting : out;
}

void packbits_free(uint8_t *buffer) {
	if (buffer != NULL) {
		atomic_fetch_sub(&outstanding, 1);
		free(buffer);
	}
}

int64_t packbits_outstanding(void) { return atomic_load(&outstanding); }
