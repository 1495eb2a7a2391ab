"""Processes and what they cost: time, CPU, peak memory. Everything that is started here is stopped here."""

import dataclasses
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time


class Failure(Exception):
    """A step that did not do what it should; its contender gets no number for it."""


@dataclasses.dataclass
class Step:
    """One measured piece of work."""
    seconds: float
    # Seconds of processor time, of the command and of each daemon behind it.
    cpus: dict
    # Bytes of resident memory at the highest point of this step, by process.
    peaks: dict
    # Bytes of files or number of files, whatever the step is about; the rate is made of it.
    work: float = 1
    # TCP payload through the broker in both directions; None where nothing is counted.
    wire: int | None = None
    # What the repository or the stores take on disk afterwards.
    disk: int = 0
    output: str = ""
    # What else the step says, for the rows and the JSON.
    facts: dict = dataclasses.field(default_factory=dict)

    @property
    def cpu(self):
        return sum(self.cpus.values())

    @property
    def rate(self):
        return self.work / max(self.seconds, 1e-6)


class Daemon:
    """A process that keeps running, with a log and a name."""

    def __init__(self, pid, name, log, process=None):
        self.pid, self.name, self.log, self.process = pid, name, log, process

    def is_running(self):
        return self.process is None or self.process.poll() is None

    def cpu(self):
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, key):
        """VmRSS or VmHWM, in bytes."""
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as file:
            return int(re.search(rf"^{key}:\s+(\d+) kB", file.read(), re.MULTILINE).group(1)) * 1024

    def forget_peak(self):
        """Makes VmHWM start again from what is resident now."""
        with open(f"/proc/{self.pid}/clear_refs", "w", encoding="utf-8") as file:
            file.write("5")

    def wait_for(self, text, seconds=60):
        """Until `text` stands in the log."""
        wait_until(lambda: text in read(self.log) or not self.is_running(), seconds, f"{self.name} does not start")
        if text not in read(self.log):
            raise Failure(f"{self.name} does not start: {read(self.log)[-500:]}")

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Sandbox:
    """A temporary folder and the processes in it; both are gone when the `with` block ends, whatever happens.

    With `retired`, a folder on the same file system, only the content of the files is gone, and the rest moves there: ext4
    looks at every inode that was freed in the last minutes before it takes a new one (`recently_deleted`), so that a round
    would pay for the files of those before it."""

    def __init__(self, parent=None, retired=None):
        self.folder = tempfile.mkdtemp(prefix="quloud-bench-", dir=parent)
        self.retired = retired
        self.children = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # A second Ctrl-C has to wait until everything is gone.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        try:
            # The last to come goes first: a broker outlives the nodes that say goodbye through it.
            for child in reversed(self.children):
                child.stop()
            subprocess.run(["chmod", "-R", "u+rwX", self.folder], check=False, stderr=subprocess.DEVNULL)
            if self.retired:
                self.retire()
            shutil.rmtree(self.folder, ignore_errors=True)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def retire(self):
        for directory, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(directory, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    os.truncate(path, 0)
        os.makedirs(self.retired, exist_ok=True)
        os.rename(self.folder, os.path.join(self.retired, os.path.basename(self.folder)))

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def daemon(self, name, command, environment=None):
        log = self.path(f"{name}.log")
        with open(log, "wb") as output:
            # Ctrl-C is for this program alone, which then stops the daemons in order.
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                       env=environment, start_new_session=True)
        child = Daemon(process.pid, name, log, process)
        self.children.append(child)
        return child

    def step(self, command, daemons=(), wire=None, environment=None, directory=None):
        """Runs `command` to its end and measures it, and the daemons behind it. What was written before is on disk."""
        os.sync()
        for child in daemons:
            child.forget_peak()
        cpus, bytes_before = {child.name: -child.cpu() for child in daemons}, wire() if wire else None
        with open(self.path("output"), "w+b") as output, open(self.path("errors"), "w+b") as errors:
            began = time.monotonic()
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                                       env=environment, cwd=directory)
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except BaseException:
                process.kill()
                process.wait()
                raise
            seconds = time.monotonic() - began
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said = (read(self.path("errors")) + read(self.path("output"))).strip()
            raise Failure(f"{os.path.basename(command[0])} {' '.join(command[1:3])} ended with {process.returncode}: {said[-600:]}")
        peaks = {child.name: child.memory("VmHWM") for child in daemons}
        peaks["command"] = usage.ru_maxrss * 1024
        for child in daemons:
            cpus[child.name] += child.cpu()
        cpus["command"] = usage.ru_utime + usage.ru_stime
        return Step(
            seconds=seconds, cpus=cpus, peaks=peaks, wire=wire() - bytes_before if wire else None, output=read(self.path("output")))


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def wait_until(condition, seconds, complaint):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(complaint)
        time.sleep(0.1)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def disk_use(*folders):
    """Bytes that the files below take on disk, as `du` counts them."""
    total = 0
    for folder in folders:
        for directory, _, names in os.walk(folder):
            for name in names:
                total += os.lstat(os.path.join(directory, name)).st_blocks * 512
    return total
