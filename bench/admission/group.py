"""A cgroup with a memory limit for one run, v1 or v2, and a /proc/meminfo that tells of it."""
import os
import threading
import time
from pathlib import Path


class NoGroup(Exception):
    """No cgroup can be made here, and why."""


def _home():
    """Our own cgroup of the memory controller, and whether it is v2."""
    own = None
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            own = (path, False)
            break
        if number == "0" and not controllers:
            own = (path, True)
    if own is None:
        raise NoGroup("there is no cgroup")
    path, unified = own
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, right = line.split(" - ", 1)
        root, point = left.split()[3:5]
        kind, _, options = right.split()[:3]
        if kind != ("cgroup2" if unified else "cgroup") or not (unified or "memory" in options.split(",")):
            continue
        below = path[len(root):] if root != "/" and path.startswith(root) else path
        return Path(point + ("" if below == "/" else below)), unified
    raise NoGroup("no memory controller is mounted")


class Group:
    """Made with a limit; removed by close."""

    def __init__(self, limit):
        home, self.unified = _home()
        self.limit = limit
        self.path = home / f"defrag-bench-{os.getpid()}-{time.monotonic_ns()}"
        try:
            if self.unified:
                (home / "cgroup.subtree_control").write_text("+memory")
            self.path.mkdir()
            (self.path / ("memory.max" if self.unified else "memory.limit_in_bytes")).write_text(str(limit))
            if self.unified:
                (self.path / "memory.swap.max").write_text("0")
        except OSError as error:
            if self.path.exists():
                self.path.rmdir()
            raise NoGroup(f"{home}: {error.strerror}") from error

    def command(self, words):
        """The command, run inside."""
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.path / "cgroup.procs"), *words]

    def kills(self):
        """Kills by the kernel in this group."""
        return self._field("memory.events" if self.unified else "memory.oom_control", "oom_kill")

    def peak(self):
        """The most that was charged, page cache included; bytes."""
        name = "memory.peak" if self.unified else "memory.max_usage_in_bytes"
        return int((self.path / name).read_text())

    def available(self):
        """As Invoke-DefragCompare reckons it: page cache that the kernel would drop is free. Bytes."""
        usage = int((self.path / ("memory.current" if self.unified else "memory.usage_in_bytes")).read_text())
        prefix = "" if self.unified else "total_"
        cache = self._field("memory.stat", prefix + "inactive_file") + self._field("memory.stat", prefix + "active_file") // 2
        return max(0, self.limit - max(0, usage - cache))

    def close(self):
        for _ in range(500):
            try:
                self.path.rmdir()
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(f"{self.path} does not become empty")

    def _field(self, name, key):
        for line in (self.path / name).read_text().splitlines():
            if line.split()[0] == key:
                return int(line.split()[1])
        return 0


class Meminfo:
    """A file like /proc/meminfo that says of a group what the true one says of the machine, renewed every 50 ms; for a
    program that looks nowhere else."""

    def __init__(self, group, path):
        self.group, self.path = group, path
        self._stop = threading.Event()
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        self._write()
        self._thread = threading.Thread(target=self._renew)
        self._thread.start()

    def command(self, words):
        """The command, with this file in place of /proc/meminfo, in a mount namespace of its own."""
        return ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /proc/meminfo && exec "$@"', self.path, *words]

    def close(self):
        self._stop.set()
        self._thread.join()
        os.close(self._fd)

    def _renew(self):
        while not self._stop.wait(0.05):
            self._write()

    def _write(self):
        # Of one length always: a reader never sees half of it.
        fields = {"MemTotal": self.group.limit, "MemFree": self.group.available(), "MemAvailable": self.group.available(),
                  "Buffers": 0, "Cached": 0, "SwapCached": 0, "SwapTotal": 0, "SwapFree": 0}
        os.pwrite(self._fd, "".join(f"{key}: {value // 1024:14d} kB\n" for key, value in fields.items()).encode(), 0)
