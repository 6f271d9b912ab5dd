internal import Arguments
internal import Plan
internal import Seccomp

/// `bulkhead profile`.
///
/// - Returns: the exit status: 1 where a profile cannot be used.
func examineProfiles(_ action: Invocation.ProfileAction) -> Int32 {
    let store = profileStore(installation())
    switch action {
    case .list: return say(store.names().map { "\($0)\n" }.joined())
    case .show(let reference, let json):
        return reporting { () throws(ProfileError) in
            let profile = try store.profile(for: reference.text)
            return say(json ? profile.ociJSON() : profile.describe())
        }
    case .check(let references):
        // Each is looked at, whatever became of the one before it.
        return references.map { reference in
            reporting { () throws(ProfileError) in
                let profile = try store.profile(for: reference.text)
                return say(profile.summary(of: try SeccompProgram(compiling: profile)) + "\n")
            }
        }.max() ?? 0
    case .learn(let request): return learnProfile(request)
    case .diff(let one, let other, let json): return compareProfiles(one, other, json: json)
    case .canary(let request):
        return rewriteProfile(request, step: .canary) { (profile, _) throws(ProfileError) in
            try profile.setCanary(true)
        }
    case .enforce(let request):
        return rewriteProfile(request, step: .enforce) { (profile, _) throws(ProfileError) in
            try profile.setCanary(false)
        }
    case .allow(let request, let calls):
        return rewriteProfile(request, step: .allow) { (profile, base) throws(ProfileError) in
            for call in calls {
                try profile.allow(call, reason: request.reason ?? "", of: base)
            }
        }
    }
}

/// The profiles of this machine: the administrator's before those that came with the program.
func profileStore(_ installation: Installation) -> ProfileStore {
    ProfileStore(
        directories: ["/etc/bulkhead/profiles"] + installation.profileCandidates,
        cacheDirectory: "/var/cache/bulkhead/seccomp")
}

private func reporting(_ body: () throws(ProfileError) -> Int32) -> Int32 {
    do throws(ProfileError) { return try body() } catch {
        report(error)
        return 1
    }
}
