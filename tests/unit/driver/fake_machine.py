"""A machine on which a local cloud is started, made of values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from driver.host.processes import HostProcesses


@dataclass
class Machine(HostProcesses):
    """Processes that are what their command line says, answer when they are ready, and end when told."""

    taken: dict[int, str] = field(default_factory=dict)
    ready_after: float = 0.2
    dies_at: float | None = None
    obeys: bool = True
    ctrl_c: bool = False
    says: str = ""
    now: float = 0.0
    answers_after: float = 0.0
    is_old: bool = False
    is_immortal: bool = False
    heir: str = ""  # who gets the number of a process that ends
    frees_at: float = 1e9  # when ports that are taken become free
    gaps: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    states: dict[int, str] = field(default_factory=dict)
    births: dict[int, str] = field(default_factory=dict)
    running: dict[int, str] = field(default_factory=dict)
    started: list[Sequence[str]] = field(default_factory=list)
    environment: Mapping[str, str] = field(default_factory=dict)
    signals: list[str] = field(default_factory=list)

    def start(
        self, command: Sequence[str], directory: Path, environment: Mapping[str, str], log: Path
    ) -> int:
        self.started.append(command)
        self.environment = environment
        pid = 100 + len(self.started)
        self.running[pid] = " ".join(command)
        log.write_text(self.says)
        return pid

    def terminate(self, pid: int) -> None:
        self.signals.append(f"terminate {pid}")
        if self.obeys:
            self.running.pop(pid, None)
        if self.heir:
            self.running[pid] = self.heir

    def kill_group(self, pid: int) -> None:
        self.signals.append(f"kill {pid}")
        if not self.is_immortal:
            self.running.pop(pid, None)

    def has_ended(self, pid: int) -> bool:
        if self.dies_at is not None and self.now >= self.dies_at:
            self.running.pop(pid, None)
        return pid not in self.running

    def start_time(self, pid: int) -> str:
        return self.births.get(pid, f"start of {pid}")

    def state(self, pid: int) -> str:
        return self.states.get(pid, "sleeping")

    def command_line(self, pid: int) -> str:
        return self.running.get(pid, "")

    def is_port_free(self, port: int) -> bool:
        if self.now >= self.frees_at:
            self.taken.pop(port, None)
        return port not in self.taken

    def port_holder(self, port: int) -> str:
        return self.taken[port]

    def info(self, endpoint_url: str, seconds: float) -> Mapping[str, object] | None:
        """Answer, if it is ready and answers in time; a gap is time in which this machine slept."""
        self.looks.append(seconds)
        self.now += self.gaps.pop(0) if self.gaps else 0
        if self.now < self.ready_after or self.answers_after > seconds:
            self.now += min(seconds, self.answers_after)
            return None
        self.now += self.answers_after
        for pid, command in self.running.items():
            words = command.split()
            if endpoint_url.endswith(f":{words[words.index('--port') + 1]}"):
                named = {"instance": words[words.index("--instance") + 1], "pid": pid}
                return named if self.is_old else named | {"is_open": "--open" in words}
        return None

    def sleep(self, seconds: float) -> None:
        if self.ctrl_c:
            self.ctrl_c = False
            raise KeyboardInterrupt
        self.now += seconds
