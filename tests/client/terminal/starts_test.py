#!/usr/bin/env python3
"""A run that was started and stopped leaves no process, port, file or lock, however often.

Usage: starts_test.py BIN_DIR COUNT. Every third run is ended by SIGTERM, every third by SIGINT in
the middle of its start, the others by their last round; each in a folder that is taken away again.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

BIN = os.path.abspath(sys.argv[1])
COUNT = int(sys.argv[2])
SETTINGS = ["schedule.groups_per_round=2", "run.stop.rounds=1", "submit[1].make.count=2",
            "evaluation.at_end=false", "evaluation.at_start=false"]


def ours():
    """Processes of these programs, whoever their parent is now."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            program = os.readlink(f"/proc/{pid}/exe")
        except OSError:
            continue
        if program.startswith(BIN + os.sep):
            found[int(pid)] = os.path.basename(program)
    return found


def is_listening(port):
    """Whether any socket of this machine listens on the port."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as file:
            for line in file.readlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                    return True
    return False


def one(number, folder, temporary):
    run_dir = os.path.join(folder, f"run-{number}")
    rounds = "1" if number % 3 == 0 else "100000"
    command = [f"{BIN}/mdrlctl", "up", "examples/quickstart/run.yaml", "--run-dir", run_dir]
    command += [f"--set={s}" for s in SETTINGS] + [f"--set=run.stop.rounds={rounds}"]
    environment = dict(os.environ, TMPDIR=temporary)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env=environment)
    ports, output, asked = [], [], False
    for line in process.stdout:
        output.append(line)
        if match := re.match(r"\w+ +\S+:(\d+) ready", line):
            ports.append(int(match.group(1)))
        # Once: a second signal would end it without waiting for anyone.
        if number % 3 == 1 and line.startswith("round") and not asked:
            process.send_signal(signal.SIGTERM)
            asked = True
        if number % 3 == 2 and line.startswith("learner") and not asked:
            process.send_signal(signal.SIGINT)
            asked = True
    code = process.wait(timeout=60)
    expected = {0: 0, 1: 143, 2: 130}[number % 3]
    assert code == expected, f"run {number} ended with {code}, not {expected}:\n{''.join(output)}"
    assert len(ports) == 2, f"run {number} told {ports} of two ports"
    for port in ports:
        assert not is_listening(port), f"run {number} left port {port}"
    # The folder is as good as new: a resume may take its lock.
    resumed = subprocess.run([*command, "--resume", "--set=run.stop.rounds=1"],
                             capture_output=True, text=True, timeout=120, env=environment)
    assert resumed.returncode == 0, f"run {number} resumed: {resumed.stdout}{resumed.stderr}"
    shutil.rmtree(run_dir)


def main():
    before = ours()
    with (tempfile.TemporaryDirectory(prefix="mdrl-starts-") as folder,
          tempfile.TemporaryDirectory(prefix="mdrl-starts-") as temporary):
        shared = set(os.listdir("/dev/shm"))
        for number in range(COUNT):
            one(number, folder, temporary)
            left = {pid: name for pid, name in ours().items() if pid not in before}
            assert not left, f"run {number} left processes: {left}"
            for place in (folder, temporary):
                assert os.listdir(place) == [], f"run {number} left {os.listdir(place)}"
        mine = [name for name in set(os.listdir("/dev/shm")) - shared if "mdrl" in name]
        assert not mine, f"left in /dev/shm: {mine}"
    print(f"{COUNT} starts and stops left nothing")


if __name__ == "__main__":
    main()
