"""What is asked about the schedule again and again."""

# Looks and decides every second, so that tests do not wait.
SETTINGS = ("scheduling_interval_seconds: 1, resource_rebalance_interval_seconds: 1, "
            "resource_allocation_strategy: priority_based")


def share(daemon, name):
    (found,) = (each for each in daemon.call("ScheduleShow")["shares"] if each["project"] == name)
    return found


def limits(daemon, project):
    (quota,) = daemon.call("QuotaShow", {"project": project})["quotas"]
    return [limit for limit in quota["limits"] if "workload" not in limit]
