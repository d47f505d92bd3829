"""Terraform behind one adapter: the only importer of python_terraform.

python_terraform builds the command lines. It does not run them: it buffers all output, so that there would be
no progress, and it reports a failure only to those who look at a tuple. Here each command streams Terraform's
JSON events, every exit code is checked, and an interruption lets Terraform end by itself.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from python_terraform import IsFlagged, Terraform

from driver.host.files import text_or_nothing, write_atomically
from driver.host.signals import passed_on
from driver.model.values import Deployment
from driver.settings.backend import Backend
from driver.terraform.events import (
    Applied,
    ChangeSummary,
    Diagnostic,
    Event,
    OnEvent,
    OutputValues,
    parse_event,
)
from driver.terraform.expressions import json_texts
from driver.terraform.failures import failure, interruption
from driver.terraform.files import TerraformFiles
from driver.terraform.inputs import Inputs, read_inputs
from driver.terraform.plan import Plan, read_plan
from driver.terraform.process import ChildProcess, OpenProcess
from driver.terraform.state_keeper import StateKeeper
from driver.terraform.state_store import StateStore
from driver.terraform.working_folder import WorkingFolder, is_whole

_TARGETED = ("Resource targeting is in effect", "Applied changes may be incomplete")  # Terraform's warnings
_RETIRED = {"geocoder"}  # variables of deployments that an earlier version made
_CHANGES = 2  # the exit code of a plan with changes, -detailed-exitcode
_OTHER_STATE = ("Deprecated flag: -state",)  # there is no other way to begin with none


class Infrastructure:
    """The Terraform root, deployed to one target.

    `definitions_directory` has the definitions that programs made; it need not be there. `own` is the
    project's own configuration beside the root's. `credentials` gives what is added to the environment for a
    deployment: a local target's access key. Without a `store` the state is a file of the workspace.
    `on_command` is told of each command before it runs.
    """

    def __init__(
        self,
        *,
        program: Path,
        root: Path,
        own: Path | None = None,
        package_directory: Path,
        project_directory: Path,
        definitions_directory: Path | None = None,
        workspace: TerraformFiles,
        environment: Mapping[str, str],
        credentials: Callable[[Deployment], Mapping[str, str]] = lambda _: {},
        store: StateStore | None = None,
        open_process: OpenProcess,
        on_command: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._program = program
        self._folders = {
            "lambda_package_directory": str(package_directory),
            "project_directory": str(project_directory),
        }
        resources, functions = project_directory / "resources", project_directory / "lambda_src"
        self._definitions = definitions_directory
        made = (definitions_directory,) if definitions_directory else ()
        self._reads = (package_directory, resources, functions, *made)  # all that the configuration reads
        self._workspace = workspace
        self._environment = environment
        self._credentials = credentials
        self._store = store
        self._folder = WorkingFolder(root, workspace.configuration_directory, own)
        self._open_process = open_process
        self._on_command = on_command
        self._commands = Terraform(working_dir=str(self._folder.path), terraform_bin_path=str(program))
        self._running: ChildProcess | None = None

    def init(self, on_event: OnEvent) -> None:
        """Prepare the folder: providers, modules, the place of the state.

        It takes over a second, so it is left out if it was done for just this configuration.

        Raises `SagestepError` if Terraform fails; EnvironmentNotReadyError where the cause lies outside the
        configuration.
        """
        place = self._store.place() if self._store else None
        self._folder.prepare(place)
        marker, data = self._workspace.data_directory / "initialized", self._workspace.data_directory
        if is_whole(data) and text_or_nothing(marker) == self._fingerprint(place):
            return
        self._folder.begin_anew(data)
        backend = {} if place else {"path": str(self._workspace.state_path)}
        self._run("init", on_event, backend_config=backend, reconfigure=IsFlagged)
        self._folder.close()
        write_atomically(marker, self._fingerprint(place).encode())

    @contextmanager
    def initializing(self) -> Iterator[None]:
        """Run `init` in a thread during the block. Both end, or an error is raised."""
        with ThreadPoolExecutor(max_workers=1) as threads:
            init = threads.submit(self.init, lambda _: None)
            try:
                yield
                init.result()
            except BaseException:
                self.interrupt()
                raise

    def apply(
        self,
        deployment: Deployment,
        on_event: OnEvent,
        *,
        targets: Sequence[str] = (),
        is_quick: bool = False,
    ) -> Applied:
        """Create or update everything, or only some.

        `targets` are addresses that it is limited to, with all that they depend on. `is_quick` trusts the
        state: no resource is asked for.

        Raises `SagestepError` if Terraform fails or is interrupted; the state is saved in both cases.
        """
        events = self._change(
            "apply",
            _without(_TARGETED, on_event) if targets else on_event,
            self._credentials(deployment),
            auto_approve=IsFlagged,
            var_file=self._variables(deployment),
            target=list(targets),
            **({"refresh": False} if is_quick else {}),
        )
        outputs = [event.values for event in events if isinstance(event, OutputValues)]
        return Applied(_last_summary(events), outputs[-1] if outputs else {})

    def destroy(
        self, deployment: Deployment, on_event: OnEvent, *, targets: Sequence[str] = ()
    ) -> ChangeSummary:
        """Destroy everything that `apply` made with the same deployment, or only some.

        `targets` are addresses that it is limited to, with all that depends on them.

        Raises `SagestepError` if Terraform fails or is interrupted; the state is saved in both cases.
        """
        return _last_summary(
            self._change(
                "destroy",
                _without(_TARGETED, on_event) if targets else on_event,
                self._credentials(deployment),
                auto_approve=IsFlagged,
                var_file=self._variables(deployment),
                target=list(targets),
            )
        )

    def plan(self, deployment: Deployment, on_event: OnEvent, *, is_new: bool = False) -> Plan:
        """Find out what `apply` would change; nothing is changed, the state neither.

        `is_new` says that the state describes nothing any more: everything would be created.

        Raises `SagestepError` if Terraform fails or is interrupted.
        """
        self._workspace.directory.mkdir(parents=True, exist_ok=True)
        # A plan holds secrets in clear: nobody else may read the folder, and it does not stay.
        with TemporaryDirectory(dir=self._workspace.directory) as name:
            folder = Path(name)
            planned = str(folder / "plan")
            options = {"state": str(folder / "empty.tfstate")} if is_new else {}
            code, _ = self._attempt(
                "plan",
                _without(_OTHER_STATE, on_event),
                (0, _CHANGES),
                self._credentials(deployment),
                detailed_exitcode=IsFlagged,
                out=planned,
                var_file=self._variables(deployment, folder / "variables.tfvars.json"),
                **options,
            )
            # Showing a plan starts the provider again, which takes seconds.
            return read_plan(self._show(planned)) if code == _CHANGES else Plan()

    def inputs(self, deployment: Deployment) -> Inputs | None:
        """Sum up all that an apply would read but the state; None where the state is not on this machine.

        As long as this and the state stay the same, and nobody has changed a resource, an apply would change
        nothing.
        """
        if self._store and self._store.place():
            return None
        said = {**asdict(deployment), **{k: v for k, v in self._environment.items() if k.startswith("TF_")}}
        digest = hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode())
        digest.update(f"{self._fingerprint(None)} {self._program.stat().st_mtime_ns}".encode())
        return read_inputs(digest.hexdigest(), self._reads, self._definitions)

    def files(self) -> Mapping[str, str]:
        """Sum up the project's own files that an apply would read, by their paths."""
        return read_inputs("", [folder for folder in self._reads if folder != self._definitions]).files

    def json_texts(self, documents: Sequence[object]) -> list[str]:
        """Write documents as Terraform's `jsonencode` does. Raises `OSError` if Terraform does not answer."""
        return json_texts(self._program, self._environment, documents)

    def portable_fingerprint(self, deployment: Deployment) -> str:
        """Sum up the same, but for where everything lies: it is equal on another machine, at another port.

        The definitions of programs are not in it: what those read is.
        """
        said = {**asdict(deployment), "endpoint_url": None, "instance": None}
        said["program"] = self._program.stat().st_size
        digest = hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode())
        digest.update(self._folder.fingerprint(is_portable=True))
        for folder in self._reads:
            files = {} if folder == self._definitions else read_inputs("", [folder]).files
            for path, content in files.items():
                digest.update(f"{folder.name} {Path(path).relative_to(folder)} {content}".encode())
        return digest.hexdigest()

    def interrupt(self) -> None:
        """Let the command that runs in another thread end cleanly."""
        if self._running is not None:
            self._running.interrupt()

    def _fingerprint(self, place: Backend | None) -> str:
        """Compute a hash of all that `init` depends on, its own lock file included."""
        digest = hashlib.sha256(
            f"{self._program} {self._environment.get('TF_CLI_CONFIG_FILE')} {place}".encode()
        )
        digest.update(self._folder.fingerprint())
        return digest.hexdigest()

    def _variables(self, deployment: Deployment, path: Path | None = None) -> str:
        """Write Terraform's variables to a file: the same ones destroy what they made."""
        path = path or self._workspace.variables_path
        variables = {
            # On AWS no `up` may delete the objects of a bucket that it replaces; `down` asks first.
            "force_destroy": deployment.endpoint_url is not None,
            **{name: value for name, value in deployment.variables.items() if name not in _RETIRED},
            "region": deployment.region,
            "endpoint_url": deployment.endpoint_url,
            **self._folders,
        }
        if self._definitions and any(self._definitions.glob("*.json")):
            variables["definitions_directory"] = str(self._definitions)
        write_atomically(path, (json.dumps(variables, indent=2) + "\n").encode())
        return str(path)

    def _show(self, planned: str) -> str:
        """Return a plan as JSON, which is one line; others are a log that the user asked Terraform for."""
        command = self._commands.generate_cmd_string("show", planned, json=IsFlagged, no_color=IsFlagged)
        lines: list[str] = []
        code, signals = self._follow(command, lines.append)
        found = next((line for line in lines if line.startswith("{")), None)
        if code != 0 or found is None:
            raise interruption("show", signals, []) if signals else failure("show", code, _notes(lines))
        return found

    def _change(
        self, name: str, on_event: OnEvent, credentials: Mapping[str, str], **options: object
    ) -> list[Event]:
        """Run a command that changes the state, and keep a copy of the state."""
        keeper = StateKeeper(self._workspace, self._store, on_event)
        try:
            events = self._run(name, keeper.on_event, credentials, **options)
        except BaseException:
            keeper.after_failure()
            raise
        keeper.after_success()
        return events

    def _run(
        self,
        name: str,
        on_event: OnEvent,
        credentials: Mapping[str, str] | None = None,
        **options: object,
    ) -> list[Event]:
        """Run one command to its end and return all it told."""
        return self._attempt(name, on_event, (0,), credentials, **options)[1]

    def _attempt(
        self,
        name: str,
        on_event: OnEvent,
        succeeds: Sequence[int],
        credentials: Mapping[str, str] | None,
        **options: object,
    ) -> tuple[int, list[Event]]:
        """Run one command to its end. Return its exit code, which is one of `succeeds`, and its events."""
        command = self._commands.generate_cmd_string(
            name, json=IsFlagged, no_color=IsFlagged, input=False, **options
        )
        events = []

        def on_line(line: str) -> None:
            event = parse_event(line)
            if event is not None:
                events.append(event)
                on_event(event)

        code, signals = self._follow(command, on_line, credentials)
        if code not in succeeds:
            raise interruption(name, signals, events) if signals else failure(name, code, events)
        return code, events

    def _follow(
        self,
        command: Sequence[str],
        on_line: Callable[[str], None],
        credentials: Mapping[str, str] | None = None,
    ) -> tuple[int, int]:
        """Run a command to its end; returns its exit code, and how often it was interrupted."""
        self._folder.path.mkdir(parents=True, exist_ok=True)
        self._on_command(" ".join(command))
        environment = {**self._environment, **(credentials or {})}
        process = self._running = self._open_process(command, self._folder.path, environment)
        signals = 0

        def pass_on(count: int) -> None:
            nonlocal signals
            signals = count
            if count == 1:
                process.interrupt()
            else:
                process.kill()

        with passed_on(pass_on):
            try:
                for line in process.lines:
                    on_line(line)
            except BaseException:
                # Nobody listens any more. Terraform must end all the same, and cleanly.
                process.interrupt()
                deque(process.lines, maxlen=0)
                process.wait()
                raise
            return process.wait(), signals


def _notes(lines: Sequence[str]) -> list[Event]:
    return [event for line in lines if (event := parse_event(line))]


def _without(warnings: Sequence[str], on_event: OnEvent) -> OnEvent:
    """Leave out warnings about what the driver does on purpose."""

    def tell(event: Event) -> None:
        if not (isinstance(event, Diagnostic) and event.summary in warnings):
            on_event(event)

    return tell


def _last_summary(events: list[Event]) -> ChangeSummary:
    """Return what has changed; the plan's summary comes first and is not it."""
    summaries = [event for event in events if isinstance(event, ChangeSummary) and event.operation != "plan"]
    return summaries[-1] if summaries else ChangeSummary("", 0, 0, 0)
