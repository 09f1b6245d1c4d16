#!/usr/bin/env bash
# Finds or downloads flowops, and says where it is once its SHA-256 is the one in checksums.txt. It fails closed: what
# has no row in the table is not downloaded, and what has another hash is not named.
set -euo pipefail
export LC_ALL=C

fail() {
  echo "::error title=flowops::$1" >&2
  exit 1
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"

# The folder of a path, without links in it.
folder_of() {
  (cd "$(dirname "$1")" 2>/dev/null && pwd -P) || fail "there is no folder for \`$1\`"
}

outside_of_the_checkout() {
  local folder workspace
  case "$1" in
    /* | [A-Za-z]:[/\\]*) ;;
    *) fail "$2 must be an absolute path, and \`$1\` is none" ;;
  esac
  folder="$(folder_of "$1")"
  workspace="$(cd "${GITHUB_WORKSPACE:?}" && pwd -P)"
  case "$folder/" in
    "$workspace"/*) fail "$2 must lie outside of the checkout, which anybody who opens a pull request can write" ;;
  esac
}

finish() {
  case "$1" in
    *$'\n'* | *$'\r'*) fail "the path of the binary has a line break in it" ;;
  esac
  printf 'binary=%s\n' "$1" >> "${GITHUB_OUTPUT:?}"
  exit 0
}

if [ -n "${INPUT_PATH:-}" ]; then
  outside_of_the_checkout "$INPUT_PATH" "\`path\`"
  if [ ! -f "$INPUT_PATH" ] || [ -L "$INPUT_PATH" ] || [ ! -x "$INPUT_PATH" ]; then
    fail "\`path\` must be a file that can be run, and no link: \`$INPUT_PATH\` is not"
  fi
  finish "$INPUT_PATH"
fi

suffix=""
case "${RUNNER_OS:-}-${RUNNER_ARCH:-}" in
  Linux-X64) platform=x86_64-unknown-linux-musl ;;
  Linux-ARM64) platform=aarch64-unknown-linux-musl ;;
  macOS-X64) platform=x86_64-apple-darwin ;;
  macOS-ARM64) platform=aarch64-apple-darwin ;;
  Windows-X64) platform=x86_64-pc-windows-msvc suffix=.exe ;;
  *) fail "there is no flowops for a runner with ${RUNNER_OS:-no system} on ${RUNNER_ARCH:-no processor}" ;;
esac

# The hash of a version on a platform; without a version, of the last one that the table has.
version="${INPUT_VERSION:-}"
wanted=""
newest=""
while read -r row_version row_platform row_hash rest || [ -n "$row_version" ]; do
  case "$row_version" in
    "" | "#"*) continue ;;
  esac
  if [ -n "$rest" ] || ! [[ "$row_version" =~ ^[0-9A-Za-z.+-]+$ && "$row_hash" =~ ^[0-9a-f]{64}$ ]]; then
    fail "checksums.txt has a row that is none: it takes VERSION PLATFORM SHA256"
  fi
  newest="$row_version"
  if [ "$row_platform" = "$platform" ] && { [ -z "$version" ] || [ "$row_version" = "$version" ]; }; then
    if [ -n "$version" ] && [ -n "$wanted" ]; then
      fail "checksums.txt has two rows for $row_version on $platform"
    fi
    found="$row_version"
    wanted="$row_hash"
  fi
done < "$here/checksums.txt"

if [ -z "$newest" ]; then
  fail "checksums.txt has no release yet, so there is nothing that could be run; give \`path\`, or use a later commit of this action"
fi
version="${version:-$newest}"
if [ -z "$wanted" ] || [ "${found:-}" != "$version" ]; then
  fail "checksums.txt has no row for flowops $version on $platform, so it cannot be checked and is not downloaded; use a commit of this action that knows it"
fi

hash_of() {
  if command -v sha256sum > /dev/null; then
    sha256sum < "$1"
  else
    shasum -a 256 < "$1"
  fi | cut -d ' ' -f 1
}

# A fresh folder of this run alone: what is hashed in it is what is run.
folder="$(mktemp -d "${RUNNER_TEMP:?}/flowops.XXXXXXXX")"
file="$folder/flowops$suffix"
name="flowops-$version-$platform$suffix"

cached=""
if [ -n "${INPUT_CACHE_DIR:-}" ]; then
  mkdir -p "$INPUT_CACHE_DIR"
  outside_of_the_checkout "$INPUT_CACHE_DIR/$name" "\`cache-dir\`"
  cached="$INPUT_CACHE_DIR/$name"
fi

if [ -n "$cached" ] && [ -e "$cached" ]; then
  # Copied first: whoever can change the cache cannot change the copy after it was hashed.
  cp "$cached" "$file"
  from="the cache"
else
  [[ "${INPUT_REPOSITORY:-}" =~ ^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$ ]] ||
    fail "it is not known which repository flowops is released in; give \`repository\` as OWNER/NAME"
  from="https://github.com/$INPUT_REPOSITORY/releases/download/v$version/$name"
  # `-q` comes first: a .curlrc could take the checks away. No token is sent.
  curl -q --proto '=https' --proto-redir '=https' --tlsv1.2 --fail --silent --show-error --location --max-redirs 5 \
    --connect-timeout 20 --max-time 300 --max-filesize 104857600 --retry 3 --output "$file" -- "$from" ||
    fail "$from could not be downloaded"
fi

actual="$(hash_of "$file")"
if [ "$actual" != "$wanted" ]; then
  rm -f "$file"
  fail "flowops $version for $platform from $from has another SHA-256 than the table says ($actual, not $wanted); it was not run"
fi

case "${INPUT_VERIFY_ATTESTATION:-false}" in
  true)
    [[ "${INPUT_REPOSITORY:-}" =~ ^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$ ]] ||
      fail "an attestation is one of a repository; give \`repository\` as OWNER/NAME"
    gh attestation verify "$file" --repo "$INPUT_REPOSITORY" \
      --signer-workflow "$INPUT_REPOSITORY/.github/workflows/release.yml" ||
      fail "the build provenance of flowops $version could not be verified; it was not run"
    ;;
  false) ;;
  *) fail "\`verify-attestation\` is true or false" ;;
esac

if [ -n "$cached" ] && [ ! -e "$cached" ]; then
  cp "$file" "$cached.$$" && mv "$cached.$$" "$cached"
fi
chmod 0755 "$file"
finish "$file"
