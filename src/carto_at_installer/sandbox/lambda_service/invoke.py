"""Invoking functions: finding the code, a worker, the time limit, the log, the size limits."""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from carto_at_installer.sandbox.errors import AwsServiceError
from carto_at_installer.sandbox.faults.workers import striking_worker
from carto_at_installer.sandbox.lambda_service.process import INIT_SECONDS, Launch, WorkerDiedError
from carto_at_installer.sandbox.lambda_service.records import Record, effective, state
from carto_at_installer.sandbox.lambda_service.references import function_reference
from carto_at_installer.sandbox.services import Call, DetailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carto_at_installer.sandbox.lambda_service.parts import LambdaParts
    from carto_at_installer.sandbox.lambda_service.process import Answer
    from carto_at_installer.sandbox.services import Operation

MAX_REQUEST = 6 * 1024 * 1024
MAX_RESPONSE = 6_291_556
_TAIL_BYTES = 4096
_SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an invocation gave. `error_kind` is None or `Unhandled`; the payload then describes the error."""

    payload: bytes
    error_kind: str | None
    log: str


class InvokeOperations:
    """The Invoke operation, and `run` for callers inside the sandbox."""

    def __init__(self, parts: LambdaParts) -> None:
        self._parts = parts
        self._records = parts.records
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    def operations(self) -> dict[str, Operation]:
        """See services.Operations."""
        return {"Invoke": self.invoke}

    def invoke(self, request: dict[str, Any], call: Call) -> dict[str, Any]:
        """Invoke: RequestResponse and DryRun."""
        kind = request.get("InvocationType") or "RequestResponse"
        reference = function_reference(request["FunctionName"], call, request.get("Qualifier"))
        record = self._records.function(call.region, reference)
        if kind == "DryRun":
            return {"StatusCode": 204}
        if kind != "RequestResponse":
            raise AwsServiceError(
                "InvalidParameterValueException",
                f"The sandbox does not emulate InvocationType {kind}",
            )
        payload = request.get("Payload") or b"{}"
        _require_json(payload)
        outcome = self.run(record, payload, call.request_id, _client_context(request))
        answer = {
            "StatusCode": 200,
            "Payload": outcome.payload,
            "FunctionError": outcome.error_kind,
            "ExecutedVersion": record["version"],
        }
        if request.get("LogType") == "Tail":
            tail = outcome.log.encode()[-_TAIL_BYTES:]
            answer["LogResult"] = base64.b64encode(tail).decode()
        return answer

    def run(
        self, record: Record, payload: bytes, request_id: str = "", client_context: Any = None
    ) -> Outcome:
        """Run a function on a payload. Raises AwsServiceError: pending, throttled, too large."""
        if len(payload) > MAX_REQUEST:
            raise AwsServiceError(
                "RequestTooLargeException",
                f"Request must be smaller than {MAX_REQUEST} bytes for the InvokeFunction operation",
                413,
            )
        if state(record) == "Pending":
            raise AwsServiceError(
                "ResourceConflictException",
                "The operation cannot be performed at this time. "
                "The function is currently in the following state: Pending",
                409,
            )
        request_id = request_id or str(uuid.uuid4())
        running = effective(record)
        with self._admitted(record):
            started = time.perf_counter()
            head = {
                "id": request_id,
                "arn": record["arn"],
                "deadline": time.time() + running["timeout"],
                "client_context": client_context,
            }
            outcome = self._run(running, head, payload, started)
        log = running["logging"]
        self._parts.log(record["region"], log["LogGroup"], _stream(record), outcome.log)
        return outcome

    def _run(self, record: Record, head: dict[str, Any], payload: bytes, started: float) -> Outcome:
        launch = self._launch(record)
        journal = _Journal(record, head["id"], started)
        try:
            with self._parts.pool.worker(launch) as (worker, initialised):
                if initialised is not None:
                    journal.initialised(initialised.log)
                    if initialised.error is not None:
                        return journal.failed(initialised.error)
                head["deadline"] = time.time() + record["timeout"]
                journal.invoked()
                with striking_worker(self._parts.faults, worker, record) as seconds:
                    answer = worker.invoke(head, payload, seconds)
        except WorkerDiedError as died:
            return journal.died(died)
        return journal.answered(answer)

    def _launch(self, record: Record) -> Launch:
        code = self._parts.code
        digests = [layer["digest"] for layer in record["layers"]]
        foreign = {
            name for digest in [record["code"]["digest"], *digests] for name in code.foreign(digest)
        }
        folder = code.folder(record["code"]["digest"])
        return Launch(
            function_arn=record["arn"],
            version=record["version"],
            revision=record["revision"],
            handler=record["handler"],
            code=folder,
            layers=tuple(code.folder(digest) for digest in digests),
            foreign=tuple(sorted(foreign)),
            environment={**record["environment"], **_system_environment(record, str(folder))},
        )

    @contextmanager
    def _admitted(self, record: Record) -> Iterator[None]:
        """Count the invocation against the function's reserved concurrency. Raises AwsServiceError."""
        arn = record["arn"]
        with self._lock:
            if record["reserved"] is not None and self._running[arn] >= record["reserved"]:
                raise DetailedError(
                    "TooManyRequestsException",
                    "Rate Exceeded.",
                    429,
                    Reason="ReservedFunctionConcurrentInvocationLimitExceeded",
                )
            self._running[arn] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[arn] -= 1


class _Journal:
    """Writes the log of one invocation and turns its end into an outcome."""

    def __init__(self, record: Record, request_id: str, started: float) -> None:
        self._record = record
        self._id = request_id
        self._started = started
        self._invoked = started
        self._init_ms: float | None = None
        self._init_log = ""

    def initialised(self, log: str) -> None:
        self._init_ms = (time.perf_counter() - self._started) * 1000
        self._init_log = log

    def invoked(self) -> None:
        self._invoked = time.perf_counter()

    def answered(self, answer: Answer) -> Outcome:
        log = self._log(answer.log, answer.memory_kb)
        if answer.error is not None:
            return Outcome(json.dumps(answer.error).encode(), "Unhandled", log)
        if len(answer.payload) > MAX_RESPONSE:
            return self._outcome(
                "Function.ResponseSizeTooLarge",
                f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE} bytes).",
                log,
            )
        return Outcome(answer.payload, None, log)

    def failed(self, error: dict[str, Any]) -> Outcome:
        return Outcome(json.dumps(error).encode(), "Unhandled", self._log("", 0))

    def died(self, died: WorkerDiedError) -> Outcome:
        initialising = self._invoked == self._started
        if died.timed_out:
            seconds = INIT_SECONDS if initialising else self._record["timeout"]
            kind, text = "Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds"
        else:
            kind = "Runtime.ExitError"
            text = f"Runtime exited with error: {died.exit_text}"
        log = self._log(f"{died.log}{_timestamp()} {self._id} {text}\n", 0)
        return self._outcome(kind, text, log)

    def _outcome(self, kind: str, text: str, log: str) -> Outcome:
        error = {"errorType": kind, "errorMessage": f"RequestId: {self._id} Error: {text}"}
        return Outcome(json.dumps(error).encode(), "Unhandled", log)

    def _log(self, text: str, memory_kb: int) -> str:
        duration = (time.perf_counter() - self._invoked) * 1000
        init = "" if self._init_ms is None else f"Init Duration: {self._init_ms:.2f} ms\t"
        memory = f"Max Memory Used: {memory_kb // 1024} MB\t"
        return (
            f"{self._init_log}START RequestId: {self._id} Version: {self._record['version']}\n{text}"
            f"END RequestId: {self._id}\n"
            f"REPORT RequestId: {self._id}\tDuration: {duration:.2f} ms\t"
            f"Billed Duration: {int(duration) + 1} ms\tMemory Size: {self._record['memory']} MB\t"
            f"{memory}{init}\n"
        )


def _timestamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _stream(record: Record) -> str:
    day = datetime.now(UTC).strftime("%Y/%m/%d")
    prefix = (
        f"{record['name']}"
        if record["logging"]["LogGroup"] != f"/aws/lambda/{record['name']}"
        else ""
    )
    version = record["version"]
    middle = f"{prefix}[{version}]"
    return f"{day}/{middle}{record['revision'].replace('-', '')}"


def _system_environment(record: Record, folder: str) -> dict[str, str]:
    return {
        "PATH": _SEARCH_PATH,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": folder,
        "_HANDLER": record["handler"],
        "AWS_REGION": record["region"],
        "AWS_DEFAULT_REGION": record["region"],
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{record['runtime']}",
        "AWS_LAMBDA_FUNCTION_NAME": record["name"],
        "AWS_LAMBDA_FUNCTION_VERSION": record["version"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(record["memory"]),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": record["logging"]["LogGroup"],
        "AWS_LAMBDA_LOG_STREAM_NAME": _stream(record),
        "AWS_LAMBDA_LOG_FORMAT": record["logging"]["LogFormat"],
    }


def _require_json(payload: bytes) -> None:
    try:
        json.loads(payload)
    except ValueError as error:
        raise AwsServiceError(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        ) from error


def _client_context(request: dict[str, Any]) -> Any:
    if not request.get("ClientContext"):
        return None
    try:
        return json.loads(base64.b64decode(request["ClientContext"], validate=True))
    except ValueError as error:
        raise AwsServiceError(
            "InvalidRequestContentException", "Client context must be Base64-encoded JSON"
        ) from error
