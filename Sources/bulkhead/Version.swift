/// Of this program and of what it installs; semver.org.
let version = "0.1.0"
