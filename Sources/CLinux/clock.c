#include <errno.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

int64_t bh_local_time(int64_t seconds, struct bh_calendar *result) {
    time_t time = seconds;
    struct tm found;
    if (!localtime_r(&time, &found)) return -EOVERFLOW;
    *result = (struct bh_calendar){
        .year = found.tm_year + 1900,
        .month = found.tm_mon + 1,
        .day = found.tm_mday,
        .hour = found.tm_hour,
        .minute = found.tm_min,
        .second = found.tm_sec,
    };
    return 0;
}

int64_t bh_seconds_east(int64_t seconds) {
    time_t time = seconds;
    struct tm found;
    return localtime_r(&time, &found) ? found.tm_gmtoff : 0;
}

int64_t bh_from_local_time(const struct bh_calendar *given) {
    struct tm time = {
        .tm_year = given->year - 1900,
        .tm_mon = given->month - 1,
        .tm_mday = given->day,
        .tm_hour = given->hour,
        .tm_min = given->minute,
        .tm_sec = given->second,
        /* Whether it is summer there, the time zone knows. */
        .tm_isdst = -1,
    };
    return mktime(&time);
}

/* Far away: what counts is that it is cancelled. */
static int64_t arm(int watch) {
    struct itimerspec far = {.it_value.tv_sec = INT64_MAX / 2000000000};
    int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
    return timerfd_settime(watch, flags, &far, NULL) < 0 ? -errno : 0;
}

int64_t bh_clock_watch(void) {
    int watch = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (watch < 0) return -errno;
    int64_t result = arm(watch);
    if (result < 0) {
        close(watch);
        return result;
    }
    return watch;
}

int64_t bh_clock_was_set(int watch) {
    uint64_t count;
    int was_set = read(watch, &count, sizeof count) < 0 && errno == ECANCELED;
    int64_t result = arm(watch);
    return result < 0 ? result : was_set;
}
