# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Checks that only platform/ makes system calls, and that nothing else knows of one system.

    test-boundary.py SOURCES

SOURCES is the folder tempfile-glib/ of the sources. Comments do not count.
"""

import pathlib
import re
import sys

# Headers that each system has. The others are for platform/ alone.
HEADERS = re.compile(r"errno|libintl|limits|locale|pthread|stdio|stdlib|string|time|std\w+|gio/.+|glib.*|tempfile-glib/.+")

# The functions behind the entries of TempPlatform.
CALLS = """
    access chdir chmod chown clone close closedir copy_file_range creat dup dup2 dup3 execv execve execvp faccessat fallocate
    fchdir fchmod fchmodat fchown fchownat fcntl fdatasync fdopendir fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat
    fstatat fstatfs fstatvfs fsync ftruncate futimens getauxval getcwd getdents64 geteuid getegid getgid getgrgid_r
    getentropy getpid getppid getpwuid_r getrandom getrlimit getuid getxattr ioctl issetugid kill lchown lgetxattr link
    linkat listxattr llistxattr lseek lstat madvise minherit mkdir mkdirat mkfifo mkfifoat mknod mknodat mmap mprotect
    munmap open openat opendir pipe pipe2 poll posix_fallocate ppoll pread pthread_atfork pthread_sigmask pwrite raise read readdir
    readlink readlinkat readv realpath remove removexattr rename renameat renameat2 rewinddir rmdir sendfile setrlimit
    setsid setxattr sigaction signal sigprocmask splice stat statfs statvfs statx symlink symlinkat sync syncfs syscall
    sysconf truncate umask uname unlink unlinkat utimensat wait waitpid write writev
    g_access g_chdir g_chmod g_creat g_dir_open g_file_get_contents g_file_read_link g_fopen g_lstat g_mkdir
    g_mkdir_with_parents g_open g_remove g_rename g_rmdir g_stat g_unlink
""".split()

RULES = [
    ("a header of one system", re.compile(r'#\s*include <(?!(?:%s)(?:\.h)?>)([^>]+)>' % HEADERS.pattern)),
    ("a call that is platform/'s", re.compile(r"(?<![\w.>])(?:%s) \(" % "|".join(CALLS))),
    ("a number of a system call", re.compile(r"\bSYS_\w+")),
    ("a flag of a system call",
     re.compile(r"\b(?:O|AT|F|FD|LOCK|MADV|MAP|PROT|RENAME|RESOLVE|RLIMIT|S|SEEK|SPLICE_F|STATX|_SC)_[A-Z]\w*")),
    ("a type of a system call", re.compile(r"\bstruct (?:dirent\w*|stat\w*|rlimit|iovec|passwd|group|pollfd|sigaction)\b")),
    ("a file of Linux's own", re.compile(r'"/(?:proc|sys|dev)\b')),
    ("the name of a system", re.compile(r"\b(?:__linux__|__APPLE__|__FreeBSD__|_WIN32|G_OS_\w+)\b")),
]


def strip_comments(text):
    """Returns the text without comments, with all its line feeds."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda match: "\n" * match[0].count("\n"), text, flags=re.S)


def find(path):
    """Returns what stands in a file but belongs into platform/."""
    text = strip_comments(path.read_text(encoding="utf-8"))
    return [f"{path}:{number}: {what}: {line.strip()}"
            for number, line in enumerate(text.splitlines(), 1)
            for what, pattern in RULES if pattern.search(line)]


def main(top):
    top = pathlib.Path(top)
    found = {}
    for path in sorted([*top.glob("*.[ch]"), *top.glob("*/*.[ch]")]):
        folder = str(path.parent.relative_to(top))
        if folder != "platform":
            found.setdefault(folder, []).extend(find(path))

    print(f"1..{len(found)}")
    for number, (folder, lines) in enumerate(found.items(), 1):
        print(f"{'not ok' if lines else 'ok'} {number} {folder}", *lines, sep="\n# ")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
