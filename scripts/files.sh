# The list of what is installed and where; scripts/install and scripts/uninstall source it.
# shellcheck shell=bash

# installed_files: one line a file: mode, source and target, with tabs between them.
installed_files() {
    local file section
    # What is started before what starts it: a new bulkhead must not meet an old init.
    for file in bulkhead-init bulkhead-logs bulkhead-audit bulkhead-storage \
        bulkhead-simulate; do
        printf '755\t%s\t%s\n' "${root:?}/out/release/$file" "/usr/libexec/bulkhead/$file"
    done
    for file in "$root"/profiles/*.json; do
        [ -e "$file" ] || continue
        printf '644\t%s\t%s\n' "$file" "/usr/share/bulkhead/profiles/${file##*/}"
    done
    printf '644\t%s\t%s\n' "$root/cgroups/classes.yaml" /usr/share/bulkhead/classes.yaml
    printf '644\t%s\t%s\n' "$root/cgroups/bulkhead.catalog" \
        /usr/lib/systemd/catalog/bulkhead.catalog
    for file in "$root"/docs/man/*.[1-8]; do
        [ -e "$file" ] || continue
        section=${file##*.}
        printf '644\t%s\t%s\n' "$file" "/usr/share/man/man$section/${file##*/}"
    done
    for file in "$root"/docs/*.md; do
        printf '644\t%s\t%s\n' "$file" "/usr/share/doc/bulkhead/${file##*/}"
    done
    for file in "$root"/cgroups/*.service "$root"/cgroups/*.slice; do
        printf '644\t%s\t%s\n' "$file" "/usr/lib/systemd/system/${file##*/}"
    done
    for file in sysusers tmpfiles; do
        printf '644\t%s\t%s\n' "$root/cgroups/bulkhead.$file.conf" \
            "/usr/lib/$file.d/bulkhead.conf"
    done
    completion bash /usr/share/bash-completion/completions/bulkhead
    completion zsh /usr/share/zsh/vendor-completions/_bulkhead
    completion fish /usr/share/fish/vendor_completions.d/bulkhead.fish
    printf '755\t%s\t%s\n' "$root/out/release/bulkheadd" /usr/sbin/bulkheadd
    printf '755\t%s\t%s\n' "$root/out/release/bulkhead" /usr/bin/bulkhead
}

# completion SHELL TARGET: a completion script, which scripts/build lets bulkhead print.
completion() {
    printf '644\t%s\t%s\n' "$root/out/release/completions/$1" "$2"
}
