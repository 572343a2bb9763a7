#!/bin/sh
# Fetches files into a directory and checks them:
#   fetch.sh DIRECTORY [URL SHA256 PATH EXTRACT]...
# PATH is below the directory; with EXTRACT `true` the archive is unpacked there and not kept.
# What is there already, whole, is not fetched again. NETRC_FILE may name a file with passwords.
set -eu

directory=$1
shift
while [ $# -gt 0 ]; do
    url=$1 sha256=$2 path=$3 extract=$4
    shift 4
    target="$directory/$path"
    mark="$directory/.fetched/$sha256"
    if [ -e "$mark" ]; then
        echo "fetch: $path is there"
        continue
    fi
    mkdir -p "$(dirname "$target")" "$directory/.fetched"
    part="$directory/.fetched/part"
    rm -f "$part"
    echo "fetch: $path from ${url%%\?*}"
    curl --fail --silent --show-error --location --retry 5 --retry-connrefused --connect-timeout 30 \
        ${NETRC_FILE:+--netrc-file "$NETRC_FILE"} --output "$part" "$url"
    got=$(sha256sum "$part" | cut -d ' ' -f 1)
    if [ "$got" != "$sha256" ]; then
        rm -f "$part"
        echo "fetch: $path must have SHA-256 $sha256 (got $got)" >&2
        exit 1
    fi
    if [ "$extract" = true ]; then
        mkdir -p "$target"
        tar --extract --no-same-owner --file "$part" --directory "$target"
        rm -f "$part"
    else
        mv "$part" "$target"
    fi
    : > "$mark"
done
