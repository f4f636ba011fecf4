# SPDX-License-Identifier: Apache-2.0
# For the scripts beside it: what docs/packages.md shows, and the tree as a repository to fetch.

# page FILE: prints the block that the page names so; a repository's address becomes the tree's own.
page() {
    local text
    text=$(awk -v mark="<!-- file: $1 -->" '
        $0 == mark { inside = 1; next }
        inside && /^    / { print substr($0, 5); seen = 1; next }
        inside && seen && NF { exit }
        inside && NF { exit }
        inside && seen { print "" }' "$top/docs/packages.md")
    [ -n "$text" ] || { echo "docs/packages.md: no block '<!-- file: $1 -->'" >&2; return 1; }
    printf '%s\n' "${text//https:\/\/example.org\/osheap.git/file://$work/osheap.git}"
}

# The tree as it lies here, committed or not.
make_repository() {
    local file
    mkdir -p "$work/osheap.git"
    (cd "$top" && git ls-files -co --exclude-standard | while read -r file; do
        [ ! -e "$file" ] || printf '%s\n' "$file"
    done | tar -cf - -T -) | tar -xf - -C "$work/osheap.git"
    git -C "$work/osheap.git" init -q -b main
    git -C "$work/osheap.git" add -A
    git -C "$work/osheap.git" -c user.name=tree -c user.email=tree@localhost commit -qm tree
}
