"""A Slurm of one's own on this machine: a controller and some nodes on loopback, gone when its owner is.

    python3 tests/slurm/cluster.py COMMAND...     runs a command beside it; sbatch and the rest find it

Debian's slurmd is built for several on one host. Each has a name, a port and folders of its own; processors and memory
are what slurm.conf says. Nothing of the machine's own Slurm or munge is touched: key, socket, state and ports are private.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOOLS = {
    "slurmctld": "slurmctld", "slurmd": "slurmd", "sbatch": "slurm-client", "squeue": "slurm-client", "munged": "munge",
}
PATIENCE = 120  # seconds until all nodes are idle
CGROUPS = Path("/sys/fs/cgroup")

SLURM_CONF = """
ClusterName=defrag{number}
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdLogFile={folder}/slurmd-%n.log
SlurmctldPort={port}
ProctrackType={proctrack}
TaskPlugin={task}
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
# As a cluster for many short tasks is set: looked at when one ends, and not once in a while.
SchedulerParameters=bf_interval=1,batch_sched_delay=0,sched_interval=1,sched_min_interval=0,defer_batch,default_queue_depth=1000
DefMemPerNode=256
MaxArraySize=1001
MinJobAge={age}
KillWait=5
ReturnToService=2
JobRequeue=1
MpiDefault=none
JobCompType=jobcomp/none
AccountingStorageType=accounting_storage/none
SlurmdTimeout=10
SlurmdParameters=config_overrides
NodeName=n[1-{nodes}] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs={cores} RealMemory={memory} State=UNKNOWN
PartitionName=compare Nodes=ALL Default=YES MaxTime=INFINITE State=UP
PartitionName=empty Nodes="" MaxTime=INFINITE State=UP
"""

CGROUP_CONF = """
CgroupPlugin=cgroup/v1
CgroupAutomount=no
ConstrainRAMSpace=yes
ConstrainCores=no
ConstrainSwapSpace=no
"""


def missing():
    """Why there can be no cluster here; nothing if there can."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    absent = sorted({package for tool, package in TOOLS.items() if shutil.which(tool, path=path) is None})
    if absent:
        return f"Packages that are not installed: {', '.join(absent)} (apt-get install slurm-wlm munge)."
    return "" if os.geteuid() == 0 else "slurmd starts tasks as their users, which takes root."


def bounds_memory():
    """Slurm can keep a task within its memory here: the v1 memory controller is mounted and ours to write."""
    return os.access(CGROUPS / "memory" / "memory.limit_in_bytes", os.R_OK) and os.access(CGROUPS / "memory", os.W_OK)


def free_ports(count):
    """The first of some ports in a row that nobody listens on."""
    for first in range(20000, 32000, count):
        try:
            for port in range(first, first + count):
                with socket.socket() as one:
                    one.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise RuntimeError("no free ports")


class Cluster:
    """A controller and its nodes; use it in a with statement."""

    def __init__(self, nodes=3, cores=1, memory=4000, age=300):
        self.folder = Path(tempfile.mkdtemp(prefix="defrag-slurm-"))
        self.folder.chmod(0o755)  # slurmd insists; the key inside is private
        self.nodes = [f"n{number}" for number in range(1, nodes + 1)]
        self._daemons = {}
        self._path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        first = free_ports(nodes + 1)
        bound = bounds_memory()
        self.text = SLURM_CONF.format(
            number=os.getpid(), host=socket.gethostname().split(".")[0], folder=self.folder, port=first, first=first + 1,
            last=first + nodes, nodes=nodes, cores=cores, memory=memory, age=age,
            proctrack="proctrack/cgroup" if bound else "proctrack/linuxproc", task="task/cgroup" if bound else "task/none")
        (self.folder / "slurm.conf").write_text(self.text)
        (self.folder / "cgroup.conf").write_text(CGROUP_CONF)
        (self.folder / "state").mkdir()
        key = self.folder / "munge.key"
        key.touch(0o600)
        key.write_bytes(os.urandom(1024))
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "SBATCH_", "SQUEUE_", "SCANCEL_"))
        } | {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def __enter__(self):
        try:
            self._start("munged", "--foreground", "--force", f"--socket={self.folder}/munge.socket", f"--key-file={self.folder}/munge.key",
                        f"--pid-file={self.folder}/munged.pid", f"--log-file={self.folder}/munged.log", f"--seed-file={self.folder}/munged.seed")
            self._wait(lambda: (self.folder / "munge.socket").exists(), "munged")
            self._start("slurmctld", "-D", "-i")
            for node in self.nodes:
                self.start_node(node)
            self._wait(lambda: self.ask("sinfo", "-h", "-N", "-p", "compare", "-t", "idle", "-o", "%N").split() == self.nodes, "the nodes")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self._daemons.values()):
            if process.poll() is None:
                process.terminate()
        for process in reversed(self._daemons.values()):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        # Their folders in the cgroups are left behind, empty, leaf first.
        for node in self.nodes:
            for group in CGROUPS.glob(f"*/slurm_{node}"):
                for folder, _, _ in sorted(os.walk(group), reverse=True):
                    try:
                        os.rmdir(folder)
                    except OSError:
                        pass
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_node(self, node):
        """Starts a node, also one that was killed."""
        self._start("slurmd", "-D", "-N", node, name=node)

    def kill_node(self, node):
        """The node is gone at once, with all that it runs, as in a power cut."""
        self._daemons[node].kill()
        self._daemons[node].wait()
        for process in self._processes(f"slurm_{node}/"):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def ask(self, *words):
        """What a command of Slurm says; nothing while it fails."""
        return subprocess.run(words, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60).stdout

    def states(self):
        """The state of each task, by job and number."""
        lines = self.ask("squeue", "-h", "-r", "-t", "all", "-o", "%F_%K|%T|%N").splitlines()
        return {name: (state, node) for name, state, node in (line.split("|") for line in lines)}

    def tail(self):
        """The last lines of all logs."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"== {log.name}\n{log.read_text(errors='replace')[-2000:]}" for log in logs)

    def _processes(self, part):
        for cgroup in Path("/proc").glob("[0-9]*/cgroup"):
            try:
                if part in cgroup.read_text():
                    yield int(cgroup.parent.name)
            except OSError:
                continue

    def _start(self, tool, *words, name=None):
        log = open(self.folder / f"{name or tool}.out.log", "ab")
        with log:
            self._daemons[name or tool] = subprocess.Popen(
                # Also when the tests are killed.
                ["setpriv", "--pdeathsig", "TERM", shutil.which(tool, path=self._path), *words], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _wait(self, ready, what):
        end = time.monotonic() + PATIENCE
        while not ready():
            if time.monotonic() > end or any(process.poll() is not None for process in self._daemons.values()):
                raise RuntimeError(f"{what} did not come up:\n{self.tail()}")
            time.sleep(0.05)


if __name__ == "__main__":
    if missing():
        sys.exit(missing())
    with Cluster() as cluster:
        sys.exit(subprocess.run(sys.argv[1:], env=cluster.environment).returncode)
