#include <errno.h>
#include <time.h>

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
