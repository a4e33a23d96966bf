/* crc32c.h - the checksum of records in files */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli) of bytes, going on from crc: 0 at the start. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t len);

#endif
