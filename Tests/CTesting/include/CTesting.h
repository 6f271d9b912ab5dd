/* What tests need of the kernel and the product does not. Each call returns 0, or what it
 * says, or -errno. */
#ifndef BULKHEAD_CTESTING_H
#define BULKHEAD_CTESTING_H

#include <stdint.h>

struct bht_thread;

/* Runs body on a thread of its own. With `apart` it has a table of descriptors of its own, with nothing
 * in it but 0, 1 and 2, so that what others open meanwhile is not taken for its leak. */
int64_t bht_start(
    int apart, void (*_Nonnull body)(void *_Nullable), void *_Nullable context,
    struct bht_thread *_Nullable *_Nonnull result);
/* Interrupts the call in which the thread waits. */
int64_t bht_interrupt(struct bht_thread *_Nonnull thread);
/* Waits until the thread has ended. */
int64_t bht_join(struct bht_thread *_Nonnull thread);

/* Sends the byte 1 with `count` copies of standard error. */
int64_t bht_send_descriptors(int socket, int count);
/* A bound datagram socket that does not block; its descriptor. */
int64_t bht_receive_datagrams(const char *_Nonnull path);
int64_t bht_make_fifo(const char *_Nonnull path);
/* mount(2) and umount2(2), detaching. */
int64_t bht_mount(
    const char *_Nonnull type, const char *_Nonnull target, const char *_Nonnull options);
int64_t bht_unmount(const char *_Nonnull target);

#endif
