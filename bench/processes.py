"""Starts a server as a tree of processes, and reads the CPU time and the memory of the tree from /proc."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def running(
    command: Sequence[str | Path], env: Mapping[str, str], cwd: Path, is_ready: Callable[[], bool], patience: float = 60
) -> Iterator[tuple[int, float]]:
    """Run a server for the length of the block. Yield its process id and the seconds until it was ready."""
    with TemporaryFile() as output:
        started = time.perf_counter()
        server = subprocess.Popen(command, env=env, cwd=cwd, stdout=output, stderr=output, start_new_session=True)
        try:
            while not is_ready():
                took = time.perf_counter() - started
                if server.poll() is not None or took > patience:
                    raise RuntimeError(f"{command} was not ready")
                time.sleep(0.002)
            yield server.pid, time.perf_counter() - started
        except Exception as error:
            output.seek(0)
            error.add_note(f"{command[0]} printed: {output.read()[-1000:].decode(errors='replace')}")
            raise
        finally:
            _stop(server)


def threads(pid: int) -> list[int]:
    """Return the ids of the threads of a process, or an empty list if it has ended."""
    with suppress(FileNotFoundError):
        return [int(thread.name) for thread in Path(f"/proc/{pid}/task").iterdir()]
    return []


def children(pid: int) -> list[int]:
    """Return the processes that the threads of a process have started, in the order of their ids."""
    return sorted(int(id) for thread in threads(pid) for id in _read(pid, f"task/{thread}/children").split())


def tree(pid: int) -> list[int]:
    """Return the ids of a process and of all that descend from it."""
    return [pid, *(each for child in children(pid) for each in tree(child))]


def cpu_seconds(pid: int) -> float:
    """Return the user and system time of a tree of processes, including children that have ended."""
    # The fields after the command's name, which may contain spaces: man 5 proc.
    fields = (_read(each, "stat").rpartition(")")[2].split() for each in tree(pid))
    return sum(sum(map(int, each[11:15])) for each in fields) / _TICKS


def pss_mib(pid: int) -> float:
    """Return the memory of a tree of processes in MiB. A page that several share counts once."""
    lines = (line for each in tree(pid) for line in _read(each, "smaps_rollup").splitlines())
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def wait_until_idle(pid: int, patience: float = 10) -> None:
    """Wait until a tree of processes uses no CPU, for example because all requests in its queue are answered."""
    end = time.monotonic() + patience
    before = -1.0
    while (now := cpu_seconds(pid)) > before and time.monotonic() < end:
        before = now
        time.sleep(0.1)


def _read(pid: int, file: str) -> str:
    """Return what Linux says of a process, which is nothing if it has ended since it was listed."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/{file}").read_text()
    return ""


def _stop(server: "subprocess.Popen[bytes]") -> None:
    """Send TERM to the process group, and KILL to what is left of it after ten seconds."""
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
