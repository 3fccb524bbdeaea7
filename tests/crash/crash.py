# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Kills programs at random instants, and looks at what they have left.

    crash.py WORKER SWEEP [PART OF A TEST'S NAME]

TEST_KILLS says how many are killed; TEST_SEED, in what order.
"""
import contextlib
import os
import random
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORKER, SWEEP = map(os.path.abspath, sys.argv[1:3])
KILLS = int(os.environ.get("TEST_KILLS", "60"))
SEED = int(os.environ.get("TEST_SEED", random.randrange(1 << 32)))
SIGNALS = [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGABRT]
AT_ONCE = 4
DAY = 25 * 60 * 60  # and a bit
GUARD_SECONDS = 100  # only so that a guard that never comes is an error


class Place:
    """A directory for all of it, with a state directory of its own, and those who are not to be touched."""

    def __init__(self):
        self.top = Path(tempfile.mkdtemp(prefix="tempfile-glib-crash-"))
        self.dir = self.top / "dir"
        self.kept = self.top / "kept"
        self.state = self.top / "state"
        self.env = dict(os.environ, XDG_STATE_HOME=str(self.state), XDG_RUNTIME_DIR=str(self.top / "run"),
                        TEMPFILE_GLIB_SWEEP=SWEEP)
        self.env.pop("TEMPFILE_GLIB_KEEP", None)
        for made in self.dir, self.kept, self.state:
            made.mkdir(0o700)
        self.bystander = subprocess.Popen([WORKER, "bystand", self.dir], env=self.env, stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, bufsize=0)
        self.look_at_bystander()
        self.others = {}
        self.announced = set()  # may stay
        self.promised = set()  # stays
        for i in range(20):
            self.add_other(self.dir / f"crash_{i:016d}.txt")
            self.add_other(self.dir / f"crash_{chr(ord('a') + i) * 16}.txt")

    def add_other(self, path):
        text = f"somebody else's {len(self.others)}\n"
        beside = self.top / "other"
        beside.write_text(text)
        os.rename(beside, path)
        self.others[path] = text

    def look_at_bystander(self):
        self.bystander.stdin.write(b".")
        if self.bystander.stdout.read(1) != b"\n":
            raise AssertionError("the living program has lost something")

    def own(self):
        """What the bystander has at rest, and the others."""
        return {path for path in self.dir.iterdir() if path not in self.others}

    def stages(self):
        """What was on its way to be persisted."""
        return {path for path in self.kept.iterdir() if path not in self.others} - {Path(path) for path in self.announced}

    def left(self, rest):
        return self.own() - rest - {Path(path) for path in self.announced} | self.stages()

    def ledgers(self):
        return list(self.state.glob("tempfile-glib/*/ledger-*"))

    def start(self, threads, guarded):
        """One that works; if it is guarded, it is so by now."""
        program = subprocess.Popen([WORKER, "work", self.dir, self.kept, str(threads), *(["guard"] if guarded else [])],
                                   env=self.env, stdout=subprocess.PIPE, bufsize=0, start_new_session=True)
        if guarded and program.stdout.read(1) != b"\n":
            raise AssertionError("the guard did not start")
        return program

    def begin(self):
        """A program begins, and sweeps in the background; the helper sweeps what is left when it ends."""
        subprocess.run([WORKER, "begin", self.dir], env=self.env, check=True)
        subprocess.run([SWEEP], env=self.env, check=True)

    def check(self, rest):
        """All is there that has to be, and nothing else."""
        self.look_at_bystander()
        for path, text in self.others.items():
            if path.read_text() != text:
                raise AssertionError(f"{path} was touched")
        for path in self.promised:
            if Path(path).read_text() != "whole\n":
                raise AssertionError(f"{path} is not whole")
        left = self.left(rest)
        if left:
            raise AssertionError(f"left: {sorted(map(str, left))}")

    def note(self, told):
        """What a program has told before it died, each a whole line."""
        for line in filter(None, told.decode().split("\n")[:-1]):
            (self.announced if line.startswith("?") else self.promised).add(line.removeprefix("?"))

    def retire(self, chance):
        """Takes away most of what stays, which was looked at; some is looked at again and again."""
        for path in [path for path in self.announced if chance.random() < 0.95]:
            self.announced.discard(path)
            self.promised.discard(path)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def close(self):
        self.bystander.stdin.close()
        self.bystander.wait()
        shutil.rmtree(self.top)


def kill_some(place, chance, guarded):
    programs = [place.start(chance.choice([1, 4]), guarded) for _ in range(AT_ONCE)]
    readers = {program.stdout: program for program in programs}
    told = {program: b"" for program in programs}
    until = time.monotonic() + chance.random() * 0.06
    # A full pipe would stop the programs.
    while (wait := until - time.monotonic()) > 0:
        for stream in select.select(list(readers), [], [], wait)[0]:
            data = os.read(stream.fileno(), 65536)
            told[readers[stream]] += data
            if not data:
                del readers[stream]

    place.killed = time.monotonic()
    for program in programs:
        program.send_signal(chance.choice(SIGNALS))
    for program in programs:
        program.wait()
        told[program] += program.stdout.read()
        program.stdout.close()
        place.note(told[program])


def derive(place, chance, name):
    """Others make a name of a killed program into one of their own, or put something else under it."""
    place.add_other(name.with_name(name.name + ".pdf"))
    place.add_other(name.with_name(name.name + "~"))
    place.add_other(name.with_name("." + name.name))
    changed = chance.randrange(len("crash_"), len("crash_") + 16)
    letter = "a" if name.name[changed] != "a" else "b"
    place.add_other(name.with_name(name.name[:changed] + letter + name.name[changed + 1:]))
    place.add_other(place.kept / name.name)
    # Any file under the name itself is gone, even one that another program put there.
    beside = place.top / "replacement"
    beside.write_text("replaced\n")
    with contextlib.suppress(IsADirectoryError):
        os.rename(beside, name)


def test_kills(guarded):
    place = Place()
    chance = random.Random(SEED)
    rest = place.own()
    waits = []
    try:
        for round_ in range(0, KILLS, AT_ONCE):
            kill_some(place, chance, guarded)
            # The guards may be faster.
            names = [] if guarded else sorted(place.own() - rest - {Path(path) for path in place.announced})
            if names and round_ % 5 == 0:
                derive(place, chance, chance.choice(names))
            if guarded:
                end = time.monotonic() + GUARD_SECONDS
                while len(place.ledgers()) > 1 and time.monotonic() < end:
                    time.sleep(0.001)
                waits.append(time.monotonic() - place.killed)
            else:
                place.begin()
            place.check(rest)
            if len(place.ledgers()) != 1:
                raise AssertionError("a ledger is left")
            place.retire(chance)
        if guarded:
            print(f"# all was gone {max(waits) * 1000:.0f} ms after the signals at the latest, "
                  f"{statistics.median(waits) * 1000:.0f} ms in the median")
    finally:
        place.close()


def test_many_at_once():
    """A hundred, all of which sweep after each other."""
    place = Place()
    chance = random.Random(SEED)
    rest = place.own()
    try:
        programs = [place.start(1, False) for _ in range(min(100, KILLS))]
        chance.shuffle(programs)
        for program in programs:
            place.look_at_bystander()
            program.send_signal(chance.choice(SIGNALS))
        for program in programs:
            program.wait()
            place.note(program.stdout.read())
            program.stdout.close()
        place.begin()
        place.check(rest)
    finally:
        place.close()


def test_pid_namespaces():
    """Two programs, each the first of a namespace of its own, that share the directories."""
    unshare = ["unshare", "--fork", "--pid", "--mount-proc"]
    if os.geteuid() != 0:
        unshare.insert(1, "--map-root-user")
    if not shutil.which("unshare") or subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
        return "no namespaces of processes here"

    place = Place()
    rest = place.own()
    try:
        with contextlib.ExitStack() as stack:
            living = stack.enter_context(subprocess.Popen([*unshare, WORKER, "bystand", place.dir], env=place.env,
                                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0))
            living.stdin.write(b".")
            living.stdout.read(1)
            there = place.own()

            dying = stack.enter_context(subprocess.Popen([*unshare, "--kill-child", WORKER, "bystand", place.dir],
                                                         env=place.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                                         bufsize=0))
            dying.stdin.write(b".")
            dying.stdout.read(1)
            dying.kill()
            dying.stdout.read()
            dying.wait()
            # No process here can see the worker's namespace: it counts as dead once its ledger was quiet for a day.
            subprocess.run([SWEEP], env=place.env, check=True)
            if place.own() == there:
                raise AssertionError("what cannot be seen was taken for dead")
            for ledger in place.ledgers():
                os.utime(ledger, (time.time() - DAY, time.time() - DAY))
            # The kernel kills the process in the namespace, some time later.
            end = time.monotonic() + GUARD_SECONDS
            while place.own() != there and time.monotonic() < end:
                subprocess.run([SWEEP], env=place.env, check=True)
            living.stdin.write(b".")
            if living.stdout.read(1) != b"\n":
                raise AssertionError("the other namespace's program has lost something")
            living.stdin.close()
        place.check(rest)
    finally:
        place.close()
    return None


def test_systemd_tmpfiles():
    """It takes what is old, but not what is locked."""
    if not shutil.which("systemd-tmpfiles"):
        return "no systemd-tmpfiles here"

    place = Place()
    try:
        rest = place.own()
        directory = next(path for path in rest if path.is_dir())
        bare = place.dir / "bare"
        bare.mkdir()
        (bare / "file").write_text("")
        config = place.top / "clean.conf"
        config.write_text(f"d {place.dir} 0700 - - 0\n")
        subprocess.run(["systemd-tmpfiles", "--clean", config], check=True, env=place.env)
        if bare.exists():
            return "systemd-tmpfiles does not clean here"
        if not (directory / "file-0").exists():
            raise AssertionError("what was locked was taken away")
    finally:
        place.close()
    return None


def test_program():
    """The helper program itself."""
    place = Place()
    try:
        rest = place.own()
        run = lambda *args: subprocess.run([SWEEP, *args], env=place.env, capture_output=True, text=True)
        kill_some(place, random.Random(SEED), False)
        dry = run("--dry-run")
        lines = dry.stdout.splitlines()
        listed = {Path(line) for line in lines if " stays: " not in line}
        staying = dict(line.split(" stays: ", 1) for line in lines if " stays: " in line)
        announced = {Path(path) for path in place.announced}
        there = place.own() - rest - announced | place.stages()
        assert dry.returncode == 0 and there <= listed <= there | announced, (dry, there)
        assert f"still held by process {place.bystander.pid}" in staying.values(), staying
        for ledger in place.ledgers():
            shown = run("--explain", ledger)
            key = next(line for line in ledger.read_text().splitlines() if line.startswith("key "))
            assert shown.returncode == 0 and key not in shown.stdout and str(place.dir) in shown.stdout, shown
        assert run().returncode == 0
        place.check(rest)
        assert all(" stays: " in line for line in run("--dry-run").stdout.splitlines())
        assert run("--version").stdout.startswith("tempfile-glib-sweep ")
        for bad in ["--guard", "/missing/ledger"], ["--explain", "/missing/ledger"], ["--unknown"], ["argument"]:
            done = run(*bad)
            assert done.returncode == 1 and done.stderr.startswith("tempfile-glib-sweep: "), done
    finally:
        place.close()


def main():
    tests = [
        ("killed, without a guard", lambda: test_kills(False)),
        ("killed, with a guard", lambda: test_kills(True)),
        ("many at once", test_many_at_once),
        ("namespaces of processes", test_pid_namespaces),
        ("systemd-tmpfiles", test_systemd_tmpfiles),
        ("the helper program", test_program),
    ]
    print(f"# TEST_SEED={SEED}")
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, (name, run) in enumerate(tests, 1):
        if len(sys.argv) > 3 and sys.argv[3] not in name:
            continue
        try:
            skipped = run()
            print(f"ok {number} {name}" + (f" # SKIP {skipped}" if skipped else ""), flush=True)
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"not ok {number} {name}\n# {error!r}", flush=True)
    return failed > 0


sys.exit(main())
