/// Of this program and of what it installs; semver.org.
public let version = "0.1.0"
