internal import Plan

enum RestartTable {
    static let restart = Table<RestartPolicy>(
        "restart", shorthand: "condition",
        [
            .scalar(
                "condition", .word,
                About(
                    "When a service that ended is started again: after status 0 only with "
                        + "`always`; with `on-unhealthy` only when its health check ended it.",
                    standard: "on-failure", example: "always"), to: \.condition),
            .scalar(
                "delay", .time(Milliseconds(10)...day),
                About(
                    "Before the first restart; doubled for each one after it.",
                    standard: "500ms", example: "1s"), to: \.delay),
            .scalar(
                "delay_max", .time(Milliseconds(10)...day),
                About(
                    "No delay is longer; not below `delay`.", standard: "1m", example: "5m"),
                to: \.delayMax),
            .scalar(
                "jitter", .percent,
                About(
                    "How far a delay is moved by chance, so that many do not start at once.",
                    standard: "20%", example: "10%"), to: \.jitterPercent),
            .scalar(
                "reset_after", .time(Milliseconds(100)...Milliseconds.most),
                About(
                    "A service that ran this long begins with the first delay again.",
                    standard: "1m", example: "10m"), to: \.resetAfter),
        ])

    static let breaker = Table<BreakerPolicy>(
        "breaker", shorthand: "failures",
        [
            .scalar(
                "failures", .failures,
                About(
                    "So many within `window` park the service; `off`: never.", standard: "5",
                    example: "10"), to: \.failures),
            .scalar(
                "window", .time(Milliseconds(100)...day),
                About("In which failures are counted.", standard: "2m", example: "10m"),
                to: \.window),
            .scalar(
                "cooldown", .time(Milliseconds(100)...day),
                About("After which one probe run decides.", standard: "5m", example: "30m"),
                to: \.cooldown),
            .scalar(
                "proof", .time(Milliseconds(0)...day),
                About(
                    "How long the probe run has to be ready, or just to run, to close the breaker.",
                    standard: "10s", example: "1m"), to: \.proof),
        ])

    private static let day = Milliseconds(86_400_000)
}
