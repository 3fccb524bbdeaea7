#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
#
# filesystems.sh BUILD: saves in all ways on the filesystems that can be had here, and lists what is left. To be run by root
# by hand: it mounts them in a mount namespace of its own, so that nothing stays mounted. What is not installed is skipped.

set -u
export LC_ALL=C

if [ "${IN_NAMESPACE-}" != 1 ]; then
  IN_NAMESPACE=1 exec unshare --mount --propagation private "$0" "$@"
fi

saver=$(realpath "$1")/tests/attack/attack-saver
scratch=$(mktemp -d)
n_run=0
failed=
sshd_pid=

finish ()
{
  cd /
  for dir in "$scratch"/*/mnt; do
    umount "$dir" 2>/dev/null || fusermount3 -uz "$dir" 2>/dev/null
  done
  [ -z "$sshd_pid" ] || kill "$sshd_pid"
  if grep -q " $scratch" /proc/self/mounts; then
    echo "Something is still mounted in $scratch" >&2
  else
    rm -rf --one-file-system "$scratch"
  fi
}
trap finish EXIT

# prepare NAME: makes the directories of a filesystem, $base/mnt and $base/real
prepare ()
{
  base=$scratch/$1
  mkdir -p "$base/mnt" "$base/real"
}

# check NAME COMMAND...: mounts a filesystem by the command, and saves there
check ()
{
  name=$1
  shift
  if ! command -v "$1" >/dev/null; then
    echo "$name: skipped, there is no $1"
    return
  fi
  if ! "$@" >"$base/log" 2>&1; then
    echo "$name: skipped, $(tail -n 1 "$base/log")"
    return
  fi

  echo "$name:"
  n_run=$((n_run + 1))
  XDG_STATE_HOME=$scratch/state timeout 120 "$saver" "$base/mnt" || failed="$failed $name"
}

prepare tmpfs
check tmpfs mount -t tmpfs none "$base/mnt"

for type in ext4 xfs btrfs vfat ntfs exfat; do
  prepare "$type"
  if command -v "mkfs.$type" >/dev/null; then
    truncate -s 320M "$base/image"
    "mkfs.$type" "$base/image" >"$base/mkfs" 2>&1
    check "$type" mount -o loop "$base/image" "$base/mnt"
  else
    echo "$type: skipped, there is no mkfs.$type"
  fi
done

prepare overlay
mkdir "$base/lower" "$base/lower/lower-tree"
mount -t tmpfs none "$base/real"
mkdir "$base/real/upper" "$base/real/work"
printf old >"$base/lower/lower"
printf old >"$base/lower/lower-tree/old"
check overlay mount -t overlay -o "lowerdir=$base/lower,upperdir=$base/real/upper,workdir=$base/real/work" none "$base/mnt"
umount "$base/mnt" 2>/dev/null
umount "$base/real"

prepare bindfs
check bindfs bindfs "$base/real" "$base/mnt"
prepare bindfs-user
check bindfs-user bindfs --force-user=nobody --force-group=nogroup --create-as-user "$base/real" "$base/mnt"
prepare bindfs-mirror
check bindfs-mirror bindfs --map=root/nobody --chown-ignore --chgrp-ignore "$base/real" "$base/mnt"
prepare bindfs-denied
check bindfs-denied bindfs --chown-deny --chgrp-deny "$base/real" "$base/mnt"

prepare unionfs
mkdir "$base/lower" "$base/lower/lower-tree"
printf old >"$base/lower/lower"
printf old >"$base/lower/lower-tree/old"
check unionfs unionfs-fuse -o cow "$base/real=RW:$base/lower=RO" "$base/mnt"

prepare mergerfs
mkdir "$base/second"
check mergerfs mergerfs -o category.create=rand "$base/real:$base/second" "$base/mnt"

prepare gocryptfs
echo password >"$base/password"
if command -v gocryptfs >/dev/null; then
  gocryptfs -init -q -scryptn 10 -passfile "$base/password" "$base/real" >"$base/log" 2>&1
fi
check gocryptfs gocryptfs -q -passfile "$base/password" "$base/real" "$base/mnt"

# A server of our own, on the loopback interface, for this user and a new key alone.
prepare sshfs
if command -v sshfs >/dev/null && command -v sshd >/dev/null; then
  ssh-keygen -q -t ed25519 -N '' -f "$base/host"
  ssh-keygen -q -t ed25519 -N '' -f "$base/key"
  port=$((20000 + $$ % 20000))
  cat >"$base/config" <<EOF
ListenAddress 127.0.0.1
Port $port
HostKey $base/host
AuthorizedKeysFile $base/key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
EOF
  mkdir -p /run/sshd
  "$(command -v sshd)" -D -e -f "$base/config" 2>"$base/sshd" &
  sshd_pid=$!
  until ssh-keyscan -p "$port" 127.0.0.1 >"$base/known" 2>/dev/null && [ -s "$base/known" ]; do
    kill -0 "$sshd_pid" || break
  done
  for options in "" ",no_readahead,cache=no" ",disable_hardlink"; do
    check "sshfs$options" sshfs -p "$port" -o "IdentityFile=$base/key,UserKnownHostsFile=$base/known$options" \
      "$(id -un)@127.0.0.1:$base/real" "$base/mnt"
    umount "$base/mnt" 2>/dev/null
  done
else
  echo "sshfs: skipped, it or sshd is not there"
fi

echo "$n_run filesystems${failed:+; faults on$failed}"
[ -z "$failed" ]
