/* Time on a calendar, in the time zone of this machine. */
#ifndef BULKHEAD_CLOCK_H
#define BULKHEAD_CLOCK_H

#include <stdint.h>

struct bh_calendar {
    int32_t year, month, day, hour, minute, second;
};
/* Of a moment in seconds since the epoch: localtime_r(3). */
int64_t bh_local_time(int64_t seconds, struct bh_calendar *result);
/* A timerfd(2) that is readable when CLOCK_REALTIME is set. */
int64_t bh_clock_watch(void);
/* Looks whether it was: 1 or 0; and goes on watching. */
int64_t bh_clock_was_set(int watch);
/* How many seconds local time is ahead of UTC at such a moment; 0 for one beyond any calendar. */
int64_t bh_seconds_east(int64_t seconds);
/* Seconds since the epoch of a local time, a day that a month has not being one of the next month:
 * mktime(3). */
int64_t bh_from_local_time(const struct bh_calendar *given);

#endif
